// How jemalloc is set up; it looks for this name when the program starts (jemalloc(3), TUNING). MALLOC_CONF in the environment goes before it.

/// Huge pages, whatever the system's default: filters and maps of conversations are looked into at random, and on a virtual machine each
/// look into small pages misses the processor's table of them. An arena a processor instead of four keeps what huge pages cost at rest small.
extern "C" const char* malloc_conf;
const char* malloc_conf = "thp:always,percpu_arena:percpu";
