using Lathe.Tensors;

namespace Lathe.Loops.Passes;

/// <summary>
/// Replaces vectors by loops over their lanes; the result has none. All lanes of a store's value are computed before any
/// is written: where the value reads the stored buffer at other elements than the lane's own, lanes go through a Local
/// buffer. A vector variable of a statement becomes a Local buffer too; a scalar that is broadcast is bound once, before
/// the lanes. A horizontal reduction combines lanes in ascending order.
/// </summary>
public static class Scalarize
{
    private const int UnrolledLanes = 4;

    public static Kernel Run(Kernel kernel) => Run(kernel, _ => false);

    /// <summary>
    /// Leaves those statements as they are whose own expressions satisfy <paramref name="keep"/>. A vector variable stays
    /// if all statements that use it do, with what they bind.
    /// </summary>
    public static Kernel Run(Kernel kernel, Func<Stmt, bool> keep) => kernel with { Body = new Pass(kernel, keep).Rewrite(kernel.Body) };

    private sealed class Pass
    {
        private readonly Func<Stmt, bool> _keep;
        private readonly Dictionary<Var, Expr> _inMemory = [];
        private readonly FreshNames _names;
        private readonly HashSet<string> _bound = [];
        private readonly Dictionary<Var, Func<Expr, Expr>> _lanesOf = [];
        private readonly Dictionary<Var, bool> _stays = [];
        private List<(Var Var, Expr Value)>? _invariants;

        public Pass(Kernel kernel, Func<Stmt, bool> keep)
        {
            _keep = keep;
            _names = new FreshNames(kernel);
        }

        public Stmt Rewrite(Stmt s) => s switch
        {
            Block b => Stmt.Sequence(b.Statements.Select(Rewrite)),
            For f => f with { Begin = Scalar(f.Begin), End = Scalar(f.End), Body = Rewrite(f.Body) },
            If i => new If(Scalar(i.Condition), Rewrite(i.Then), i.Else is null ? null : Rewrite(i.Else)),
            Allocate a => a with { Body = Rewrite(a.Body) },
            LetStmt { Var.Lanes: > 1 } l when !Stays(l) => BindVector(l),
            LetStmt l when _keep(l) => new LetStmt(l.Var, l.Value.Substitute(_inMemory), Rewrite(l.Body)),
            LetStmt l => new LetStmt(l.Var, Scalar(l.Value), Rewrite(l.Body)),
            Prefetch p => p with { Indices = p.Indices.Select(Scalar).ToEquatableArray() },
            Store st when _keep(st) => new Store(st.Buffer, st.Indices, st.Value.Substitute(_inMemory)),
            Store st when Build.LanesOf(st.Indices) > 1 => StoreLanes(st, Build.LanesOf(st.Indices)),
            Store st => new Store(st.Buffer, st.Indices.Select(Scalar).ToEquatableArray(), Scalar(st.Value)),
            _ => throw new InternalException("LATHE4301", $"an unknown statement {s.GetType().Name}"),
        };

        /// <summary>
        /// Whether a vector variable stays one. Parallel iterations are functions of their own, to which vectors are not passed; and of what is bound lane by lane
        /// the lanes of what it uses must be known.
        /// </summary>
        private bool Stays(LetStmt l)
        {
            if (!_stays.TryGetValue(l.Var, out bool stays))
                _stays.Add(l.Var, stays = _keep(l) && l.Body.Descendants().All(s => s is not For { Kind: LoopKind.Parallel } && (KeepsWhole(s) || !s.Expressions.Any(e => e.Uses(l.Var)))));
            return stays;
        }

        private bool KeepsWhole(Stmt s) => _keep(s) && (s is not LetStmt { Var.Lanes: > 1 } l || Stays(l) || _keep(Whole(l, l.Var.Name)));

        /// <summary>Keeps all lanes of a variable in memory.</summary>
        private static Store Whole(LetStmt l, string name) =>
            new(new Buffer(name, l.Var.Element, [l.Var.Lanes], BufferSpace.Local), [Build.Lane(0, l.Var.Lanes)], l.Value);

        private Allocate BindVector(LetStmt l)
        {
            int lanes = l.Var.Lanes;
            var whole = Whole(l, _names.Make(l.Var.Name + "_lanes"));
            var (buffer, all) = (whole.Buffer, whole.Indices[0]);
            var fill = _keep(whole) ? whole with { Value = l.Value.Substitute(_inMemory) } : OverLanes(lanes, lane => new Store(buffer, [lane], At(l.Value, lane)), Shuffles(l.Value));
            _inMemory[l.Var] = new Load(buffer, [all]);
            _lanesOf[l.Var] = lane => new Load(buffer, [lane]);
            return new Allocate(buffer, Stmt.Sequence(fill, Rewrite(l.Body)));
        }

        private Stmt StoreLanes(Store s, int lanes)
        {
            Store Write(Expr lane, Expr value) => new(s.Buffer, s.Indices.Select(i => At(i, lane)).ToEquatableArray(), value);
            if (LanesAreIndependent(s))
                return OverLanes(lanes, lane => Write(lane, At(s.Value, lane)), Shuffles(s.Value));
            var buffer = new Buffer(_names.Make(s.Buffer.Name + "_lanes"), s.Buffer.Element, [lanes], BufferSpace.Local);
            return new Allocate(buffer, Stmt.Sequence(
                OverLanes(lanes, lane => new Store(buffer, [lane], At(s.Value, lane)), Shuffles(s.Value)),
                OverLanes(lanes, lane => Write(lane, new Load(buffer, [lane])))));
        }

        private static bool LanesAreIndependent(Store s)
        {
            bool distinct = s.Indices.Any(i => i is Ramp { Stride: IntConst { Value: not 0 } });
            bool indicesRead = s.Indices.SelectMany(i => i.Descendants()).OfType<Load>().Any(l => l.Buffer == s.Buffer);
            return !indicesRead && s.Value.Descendants().OfType<Load>().Where(l => l.Buffer == s.Buffer).All(l => distinct && l.Indices == s.Indices);
        }

        /// <summary>Whether lanes of the value come from others: which ones is known for a constant lane only.</summary>
        private static bool Shuffles(Expr value) => value.Descendants().Any(e => e is Shuffle or Pack);

        /// <summary>A loop over lanes, in the scope of what its body found to be the same for every lane.</summary>
        private Stmt OverLanes(int lanes, Func<Expr, Stmt> body, bool unroll = false)
        {
            var outer = _invariants;
            _invariants = [];
            Stmt result;
            if (unroll || lanes <= UnrolledLanes)
            {
                // Few lanes keep constant indices, so that a Local buffer can stay in registers.
                result = Stmt.Sequence(Enumerable.Range(0, lanes).Select(i => body(i)));
            }
            else
            {
                var lane = new Var(_names.Make("lane"));
                result = new For(lane, 0, lanes, LoopKind.Serial, body(lane));
            }
            for (int i = _invariants.Count - 1; i >= 0; i--)
                result = new LetStmt(_invariants[i].Var, _invariants[i].Value, result);
            _invariants = outer;
            return result;
        }

        /// <summary>One lane of an expression; a scalar is the same in every lane.</summary>
        private Expr At(Expr e, Expr lane)
        {
            if (e.Lanes == 1)
                return Scalar(e);
            switch (e)
            {
                case Ramp r:
                    return Scalar(r.Base) + (Scalar(r.Stride) * Build.Cast(r.Element, lane));
                case Broadcast b:
                    return Invariant(Scalar(b.A));
                case Var v:
                    return _lanesOf.TryGetValue(v, out var of)
                        ? of(lane)
                        : throw new InternalException("LATHE4302", $"the vector {v.Name} is not bound");
                case Shuffle s when lane is IntConst { Value: var i }:
                    return s.Picks[(int)i] is var pick && pick < s.A.Lanes ? At(s.A, pick) : At(s.B, pick - s.A.Lanes);
                case Pack p when lane is IntConst { Value: var i }:
                    return Packed(p, (int)i);
                case Dot4 d:
                    return Products(d, lane);
                case Let l:
                    return Bind(l, lane, body => At(body, lane));
                default:
                    return Rebuild(e, c => At(c, lane));
            }
        }

        private Expr Scalar(Expr e) => e switch
        {
            Horizontal h => Fold(h),
            Dot4 d => Products(d, 0),
            Let l => Bind(l, null, Scalar),
            Var v when _lanesOf.TryGetValue(v, out var of) => of(0),
            _ => Rebuild(e, Scalar),
        };

        private Expr Products(Dot4 d, Expr lane)
        {
            Expr Byte(Expr bytes, bool shared, int j) => Build.Cast(DType.Int32, At(bytes, shared ? j : (lane * Dot4.Width) + j));
            return Enumerable.Range(0, Dot4.Width).Aggregate(At(d.Sum, lane), (sum, j) => sum + (Byte(d.Data, d.SharesData, j) * Byte(d.Weights, false, j)));
        }

        private Expr Packed(Pack p, int i)
        {
            var vector = (i / Pack.Block % Pack.Vectors) switch { 0 => p.A, 1 => p.B, 2 => p.C, _ => p.D };
            var sum = At(vector, (i / (Pack.Block * Pack.Vectors) * Pack.Block) + (i % Pack.Block));
            var (low, high) = p.To == DType.UInt8 ? (byte.MinValue, byte.MaxValue) : ((int)sbyte.MinValue, (int)sbyte.MaxValue);
            return Build.Cast(p.To, Build.Min(Build.Max(sum, Build.Int(low, DType.Int32)), Build.Int(high, DType.Int32)));
        }

        private static Expr Rebuild(Expr e, Func<Expr, Expr> child) => e.Rewrite(x => ReferenceEquals(x, e) ? null : child(x));

        private Expr Fold(Horizontal h)
        {
            var outer = _invariants;
            _invariants = null;
            var result = At(h.A, 0);
            for (int i = 1; i < h.A.Lanes; i++)
                result = Build.Combine(h.Op, result, At(h.A, i));
            _invariants = outer;
            return result;
        }

        private Expr Bind(Let l, Expr? lane, Func<Expr, Expr> body)
        {
            // What lies under a let may read its variable, so it cannot be bound before the lanes.
            var outer = _invariants;
            _invariants = null;
            bool scalar = l.Value.Lanes == 1;
            var value = scalar ? Scalar(l.Value) : lane is null ? null : At(l.Value, lane);
            var bound = new Var(_bound.Add(l.Name.Name) ? l.Name.Name : _names.Make(l.Name.Name), new ExprType(l.Name.Element));
            _lanesOf[l.Name] = at => scalar || at == lane ? bound : At(l.Value, at);
            var result = body(l.Body);
            _invariants = outer;
            return value is null ? result : new Let(bound, value, result);
        }

        private Expr Invariant(Expr e)
        {
            if (_invariants is null || e is IntConst or FloatConst or Var)
                return e;
            foreach (var (known, value) in _invariants)
                if (value == e)
                    return known;
            var variable = new Var(_names.Make("same"), e.Type);
            _invariants.Add((variable, e));
            return variable;
        }
    }
}
