// How jemalloc is set up; it looks for this name when the program starts (jemalloc(3), TUNING). MALLOC_CONF in the environment goes before it.

/// What is free is kept for a minute, so that pages which a burst or a memtable took aren't taken again and again, in faults that everybody waits
/// for; a server with nothing to do, in which jemalloc counts no time, gives it back itself (idle_heap.hpp). An arena a processor instead of four, so
/// that less is free in each. No huge pages but for filters (storage/block_memory.hpp): where the host finds a virtual machine's memory when it is
/// first touched, one takes milliseconds (docs/decisions/0019).
extern "C" const char* malloc_conf;
const char* malloc_conf = "thp:never,percpu_arena:percpu,dirty_decay_ms:60000";
