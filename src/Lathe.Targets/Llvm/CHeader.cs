namespace Lathe.Targets.Llvm;

/// <summary>The C interface of a compiled program.</summary>
public static class CHeader
{
    /// <summary>Changes whenever a caller that was built for another version could not go on.</summary>
    public const int AbiVersion = 1;

    /// <summary>The text of <c>lathe.h</c>, the same for every program.</summary>
    public static string Text { get; } = $$"""
        /* The interface of a model compiled by Lathe. It needs nothing but memcpy and memset. */
        #ifndef LATHE_H
        #define LATHE_H

        #include <stdint.h>

        #ifdef __cplusplus
        extern "C" {
        #endif

        #define LATHE_ABI_VERSION {{AbiVersion}}

        /* Calls body(data, i) for every i from 0 to count - 1, in any order and on any threads, and returns when all have
           returned. The first argument is the context's pool. */
        typedef void (*lathe_parallel_for)(void* pool, void (*body)(void* data, int64_t index), void* data, int64_t count);

        typedef struct {
          void* const* inputs;              /* lathe_input_count() pointers, in the model's order; aligned to their elements */
          void* const* outputs;             /* lathe_output_count() pointers; outputs overlap neither each other nor inputs */
          const void* params;               /* lathe_params_bytes() bytes of weights, aligned to 64 */
          void* arena;                      /* lathe_arena_bytes() bytes of work space, aligned to 64, not shared by two runs at a time */
          lathe_parallel_for parallel_for;  /* null: everything runs on the calling thread */
          void* pool;                       /* handed to parallel_for; may be null */
        } lathe_context;

        int32_t lathe_abi_version(void);    /* must be LATHE_ABI_VERSION */
        int64_t lathe_arena_bytes(void);
        int64_t lathe_params_bytes(void);
        int32_t lathe_input_count(void);
        int32_t lathe_output_count(void);
        int32_t lathe_step_count(void);

        /* Runs the whole program. */
        void lathe_run(const lathe_context* context);

        /* Runs the steps from first to last - 1; those from 0 to lathe_step_count() - 1 are a run. The steps of a loop repeat where all of
           them are among these, and run once each otherwise. */
        void lathe_run_steps(const lathe_context* context, int32_t first, int32_t last);

        #ifdef __cplusplus
        }
        #endif

        #endif

        """;
}
