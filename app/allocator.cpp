// How jemalloc is set up; it looks for this name when the program starts (jemalloc(3), TUNING). MALLOC_CONF in the environment goes before it.

/// Huge pages, whatever the system's default: filters, memtables and maps of conversations are looked into at random, and on a virtual machine
/// each look into small pages misses the processor's table of them, and walks two tables of pages. What is free is kept: given back
/// after seconds or minutes, it would be given back in small pages, which breaks up the large ones. A server with nothing to do gives it
/// back (idle_heap.hpp). An arena a processor instead of four, so that less is free in each. Small pieces are cut from large ones that are free, rather
/// than from fresh memory: the pages of these are there (ready_heap.hpp).
extern "C" const char* malloc_conf;
const char* malloc_conf = "thp:always,percpu_arena:percpu,dirty_decay_ms:-1,lg_extent_max_active_fit:10";
