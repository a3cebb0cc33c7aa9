#include "storage/block_memory.hpp"

#include <malloc.h>
#include <rocksdb/memory_allocator.h>
#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace signalbox {
namespace {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;

class block_memory final : public rocksdb::MemoryAllocator {
public:
  [[nodiscard]] const char* Name() const override { return "signalbox.block_memory"; }

  void* Allocate(std::size_t bytes) override {
    void* block = nullptr;
    if (bytes < huge_page_bytes) {
      block = std::malloc(bytes);
    } else if (::posix_memalign(&block, huge_page_bytes, bytes) == 0) {
      // The rest, less than a huge page, is the heap's neighbours' too. A kernel that has none leaves small ones.
      static_cast<void>(::madvise(block, bytes / huge_page_bytes * huge_page_bytes, MADV_HUGEPAGE));
    }
    if (block == nullptr) throw std::bad_alloc{};
    return block;
  }
  void Deallocate(void* block) override {
    // At once: a merge's end leaves hundreds of mebibytes of filters, which the heap would keep for a minute.
    if (const auto bytes = ::malloc_usable_size(block); bytes >= huge_page_bytes)
      static_cast<void>(::madvise(block, bytes / huge_page_bytes * huge_page_bytes, MADV_DONTNEED));
    std::free(block);
  }
};

}  // namespace

std::shared_ptr<rocksdb::MemoryAllocator> make_block_memory() { return std::make_shared<block_memory>(); }

}  // namespace signalbox
