#include "storage/large_blocks.hpp"

#include <malloc.h>
#include <rocksdb/memory_allocator.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <new>
#include <unordered_map>

namespace signalbox {
namespace {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;
const auto small_page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));

std::uintptr_t past_boundary(const void* at) { return reinterpret_cast<std::uintptr_t>(at) % huge_page_bytes; }

class allocator final : public rocksdb::MemoryAllocator {
public:
  [[nodiscard]] const char* Name() const override { return "signalbox.large_blocks"; }

  void* Allocate(std::size_t bytes) override {
    if (bytes >= huge_page_bytes) return map(bytes);
    auto* const block = std::malloc(bytes);
    if (block == nullptr) throw std::bad_alloc{};
    return block;
  }

  void Deallocate(void* block) override {
    if (past_boundary(block) == 0)
      if (const auto bytes = forget(block); bytes > 0) {
        ::munmap(block, bytes);
        return;
      }
    std::free(block);
  }

  std::size_t UsableSize(void* block, std::size_t allocated) const override {
    return allocated >= huge_page_bytes ? allocated : ::malloc_usable_size(block);
  }

  [[nodiscard]] std::uint64_t mapped() const { return total_.load(std::memory_order_relaxed); }

private:
  void* map(std::size_t bytes) {
    bytes = (bytes + small_page_bytes - 1) / small_page_bytes * small_page_bytes;
    // A huge page more, to begin at the boundary of one; what is before and behind is given back.
    auto* const all = ::mmap(nullptr, bytes + huge_page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) throw std::bad_alloc{};
    const auto before = (huge_page_bytes - past_boundary(all)) % huge_page_bytes;
    auto* const block = static_cast<char*>(all) + before;
    if (before > 0) ::munmap(all, before);
    ::munmap(block + bytes, huge_page_bytes - before);
    ::madvise(block, bytes, MADV_HUGEPAGE);  // without them it is slower, and no worse
    const std::scoped_lock alone{mutex_};
    mapped_.emplace(block, bytes);
    total_.fetch_add(bytes, std::memory_order_relaxed);
    return block;
  }

  /// Its bytes; 0: it isn't one of the mapped.
  std::size_t forget(void* block) {
    const std::scoped_lock alone{mutex_};
    const auto found = mapped_.find(block);
    if (found == mapped_.end()) return 0;
    const auto bytes = found->second;
    mapped_.erase(found);
    total_.fetch_sub(bytes, std::memory_order_relaxed);
    return bytes;
  }

  std::mutex mutex_;
  std::unordered_map<void*, std::size_t> mapped_;
  std::atomic<std::uint64_t> total_ = 0;
};

// Held by each cache that uses it too, so it is there as long as any block.
const std::shared_ptr<allocator>& the_allocator() {
  static const auto one = std::make_shared<allocator>();
  return one;
}

}  // namespace

std::shared_ptr<rocksdb::MemoryAllocator> large_blocks_in_huge_pages() { return the_allocator(); }

std::uint64_t large_block_bytes() { return the_allocator()->mapped(); }

}  // namespace signalbox
