#include "storage/memtable.hpp"

#include <rocksdb/memtablerep.h>
#include <rocksdb/version.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace signalbox {
namespace {

constexpr int levels = 12;  // with one in four rows on the level above: 16 million rows

std::uint64_t read_tag(const char* at) {
  std::uint64_t tag = 0;
  std::memcpy(&tag, at, sizeof tag);
  if constexpr (std::endian::native == std::endian::big) tag = __builtin_bswap64(tag);
  return tag;
}

/// What rows are ordered by: the user's key, then the tag (sequence and type), greatest first.
struct row_key {
  const char* user;
  std::size_t bytes;
  std::uint64_t tag;

  static row_key of_internal(const char* internal, std::size_t bytes) {
    const auto user_bytes = bytes - sizeof(std::uint64_t);
    return {internal, user_bytes, read_tag(internal + user_bytes)};
  }
  /// A row begins with its internal key, behind the key's length as a varint: RocksDB promises that this stays so.
  static row_key of_row(const char* row) {
    std::uint32_t bytes = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(*row++);
      bytes |= static_cast<std::uint32_t>(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    return of_internal(row, bytes);
  }

  bool operator<(const row_key& than) const {
    const auto order = std::memcmp(user, than.user, std::min(bytes, than.bytes));
    if (order != 0) return order < 0;
    return bytes != than.bytes ? bytes < than.bytes : tag > than.tag;
  }
};

/// The pointers of the levels above lie before it, its row behind it: what a search touches is together.
struct node {
  std::atomic<node*> next_of_all;

  std::atomic<node*>& link(int level) { return *(&next_of_all - level); }
  const std::atomic<node*>& link(int level) const { return *(&next_of_all - level); }
  [[nodiscard]] node* next(int level) const { return link(level).load(std::memory_order_acquire); }
  [[nodiscard]] char* row() { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] const char* row() const { return reinterpret_cast<const char*>(this + 1); }
  [[nodiscard]] row_key key() const { return row_key::of_row(row()); }
};

/// Where a run's last row went: on each level the nodes around it. Those of a higher level lie around those of a lower one; they may
/// have got rows between them since.
struct finger {
  std::array<node*, levels> before;
  std::array<node*, levels> after;
};

class memtable final : public rocksdb::MemTableRep {
public:
  explicit memtable(rocksdb::Allocator* memory) : MemTableRep(memory), head_(new_node(levels, 0)) {
    for (int level = 0; level < levels; ++level) head_->link(level).store(nullptr, std::memory_order_relaxed);
    start(last_);
  }

  // ---- the writer: one thread at a time

  rocksdb::KeyHandle Allocate(std::size_t bytes, char** row) override {
    static_cast<void>(inserted_.load(std::memory_order_acquire));  // what another thread left
    auto* const made = new_node(random_height(), bytes);
    *row = made->row();
    return made;
  }

  void Insert(rocksdb::KeyHandle handle) override { insert(static_cast<node*>(handle), last_); }

  void InsertWithHint(rocksdb::KeyHandle handle, void** hint) override {
    if (*hint == nullptr) {
      auto* const made = new (allocate(sizeof(finger), alignof(finger))) finger;
      start(*made);
      *hint = made;
    }
    insert(static_cast<node*>(handle), *static_cast<finger*>(*hint));
  }

  // ---- anybody

  [[nodiscard]] bool Contains(const char* row) const override {
    const auto wanted = row_key::of_row(row);
    const auto* const found = around(wanted).from;
    return found && !(wanted < found->key());
  }

  /// All of it is the allocator's.
  std::size_t ApproximateMemoryUsage() override { return 0; }

  Iterator* GetIterator(rocksdb::Arena* arena) override;

  /// A lookup's key has no public header, so RocksDB's own `Get` reads it. That one takes an iterator and never ends it (7.8): it gets
  /// one that ends here.
  void Get(const rocksdb::LookupKey& key, void* to, bool (*take)(void* to, const char* row)) override;
  Iterator* GetDynamicPrefixIterator(rocksdb::Arena* arena) override;

  [[nodiscard]] const node* first() const { return head_->next(0); }

  /// The rows around `wanted`: the last one below it, the first one that isn't. nullptr: there is none.
  struct neighbours {
    const node* below;
    const node* from;
  };
  [[nodiscard]] neighbours around(const row_key& wanted) const {
    const node* at = head_;
    const node* after = nullptr;
    for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; --level) {
      const node* next = at->next(level);
      while (next != after && next->key() < wanted) {
        at = next;
        next = at->next(level);
      }
      after = next;
    }
    return {at == head_ ? nullptr : at, after};
  }

  [[nodiscard]] const node* last() const {
    const node* at = head_;
    for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; --level)
      while (const auto* const next = at->next(level)) at = next;
    return at == head_ ? nullptr : at;
  }

  /// RocksDB ends an iterator that it wants in an arena without giving its memory back, and an arena has no public header: such a
  /// one's memory is the table's, for the next one.
  void* iterator_memory(std::size_t bytes);
  void give_back(void* memory) {
    const std::lock_guard guard{iterators_lock_};
    free_.push_back(memory);
  }

private:
  char* allocate(std::size_t bytes, std::size_t alignment) {
    char* memory = nullptr;
    MemTableRep::Allocate(bytes + alignment - 1, &memory);
    const auto off = reinterpret_cast<std::uintptr_t>(memory) & (alignment - 1);
    return off == 0 ? memory : memory + (alignment - off);
  }

  node* new_node(int height, std::size_t row_bytes) {
    const auto above = sizeof(std::atomic<node*>) * static_cast<std::size_t>(height - 1);
    auto* const memory = allocate(above + sizeof(node) + row_bytes, alignof(node));
    for (int level = height - 1; level > 0; --level)
      new (memory + above - sizeof(std::atomic<node*>) * static_cast<std::size_t>(level)) std::atomic<node*>{nullptr};
    auto* const made = new (memory + above) node{nullptr};
    made_height_ = height;
    return made;
  }

  int random_height() {
    // xorshift64 (Marsaglia, 2003); two bits a level.
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    auto bits = static_cast<std::uint32_t>(random_ >> 32);
    int height = 1;
    for (; height < levels && (bits & 3) == 0; bits >>= 2) ++height;
    return height;
  }

  void start(finger& one) const {
    one.before.fill(head_);
    one.after.fill(nullptr);
  }

  /// The nodes around `key` on a level, from `around.before` on, which lies below it; `around.after` doesn't.
  struct bracket {
    node* before;
    node* after;
  };
  static bracket narrowed(bracket around, int level, const row_key& key) {
    for (auto* next = around.before->next(level); next != around.after; next = around.before->next(level)) {
      if (!(next->key() < key)) return {around.before, next};
      around.before = next;
    }
    return around;
  }

  void insert(node* made, finger& at) {
    // RocksDB allocates a row, fills it in and inserts it before it allocates the next one.
    const auto height = made_height_;
    const auto key = made->key();
    const auto top = height_.load(std::memory_order_relaxed);
    // The lowest level on which the run's last place is this row's place too: above it nothing is searched.
    int from = 0;
    while (from < top) {
      auto* const before = at.before[from];
      auto* const after = at.after[from];
      if (before->next(from) != after) {
        ++from;
      } else if (before != head_ && !(before->key() < key)) {
        while (from < top && at.before[from] == before) ++from;
      } else if (after && after->key() < key) {
        while (from < top && at.after[from] == after) ++from;
      } else {
        break;
      }
    }
    bracket around = from < top ? bracket{at.before[from], at.after[from]} : bracket{head_, nullptr};
    for (int level = from - 1; level >= 0; --level) {
      around = narrowed(around, level, key);
      at.before[level] = around.before;
      at.after[level] = around.after;
    }
    for (int level = std::max(from, 1); level < height; ++level) {
      const auto now = narrowed({at.before[level], at.after[level]}, level, key);
      at.before[level] = now.before;
      at.after[level] = now.after;
    }
    if (height > top) height_.store(height, std::memory_order_relaxed);
    for (int level = 0; level < height; ++level) {
      made->link(level).store(at.after[level], std::memory_order_relaxed);
      at.before[level]->link(level).store(made, std::memory_order_release);
      at.before[level] = made;
    }
    inserted_.store(true, std::memory_order_release);
  }

  node* const head_;
  std::atomic<int> height_{1};
  std::atomic<bool> inserted_{false};  ///< anything
  int made_height_ = levels;           ///< of the node that was allocated last
  std::uint64_t random_ = 0x9E3779B97F4A7C15;
  finger last_;

  std::mutex iterators_lock_;
  std::vector<std::unique_ptr<char[]>> iterators_;
  std::vector<void*> free_;
};

/// The last base to end: nothing touches the memory once it is given back.
struct lent_memory {
  lent_memory(memtable* of, void* which) : owner(of), memory(which) {}
  lent_memory(const lent_memory&) = delete;
  lent_memory& operator=(const lent_memory&) = delete;
  ~lent_memory() {
    if (owner) owner->give_back(memory);
  }
  memtable* owner;  ///< nullptr: the caller deletes
  void* memory;
};

class row_iterator final : lent_memory, public rocksdb::MemTableRep::Iterator {
public:
  explicit row_iterator(memtable& of) : lent_memory(nullptr, nullptr), of_(of) {}
  row_iterator(memtable& of, void* lent) : lent_memory(&of, lent), of_(of) {}
  // UBSan would clear the vptr at the very end, when the memory may be the next one's.
  __attribute__((no_sanitize("vptr"))) ~row_iterator() override {}  // NOLINT(modernize-use-equals-default): for the attribute

  [[nodiscard]] bool Valid() const override { return at_ != nullptr; }
  [[nodiscard]] const char* key() const override { return at_->row(); }
  void Next() override { at_ = at_->next(0); }
  void Prev() override { at_ = of_.around(at_->key()).below; }
  void Seek(const rocksdb::Slice& internal, const char*) override {
    at_ = of_.around(row_key::of_internal(internal.data(), internal.size())).from;
  }
  void SeekForPrev(const rocksdb::Slice& internal, const char*) override {
    const auto wanted = row_key::of_internal(internal.data(), internal.size());
    const auto [below, from] = of_.around(wanted);
    at_ = from && !(wanted < from->key()) ? from : below;
  }
  void SeekToFirst() override { at_ = of_.first(); }
  void SeekToLast() override { at_ = of_.last(); }

private:
  memtable& of_;
  const node* at_ = nullptr;
};

static_assert(ROCKSDB_MAJOR == 7 && ROCKSDB_MINOR == 8, "does MemTableRep::Get still leave its iterator to nobody?");
thread_local row_iterator* lookup = nullptr;

void memtable::Get(const rocksdb::LookupKey& key, void* to, bool (*take)(void* to, const char* row)) {
  row_iterator rows{*this};
  auto* const outer = std::exchange(lookup, &rows);
  MemTableRep::Get(key, to, take);
  lookup = outer;
}

rocksdb::MemTableRep::Iterator* memtable::GetDynamicPrefixIterator(rocksdb::Arena* arena) {
  return lookup ? lookup : GetIterator(arena);
}

void* memtable::iterator_memory(std::size_t bytes) {
  const std::lock_guard guard{iterators_lock_};
  if (free_.empty()) return iterators_.emplace_back(std::make_unique<char[]>(bytes)).get();
  auto* const memory = free_.back();
  free_.pop_back();
  return memory;
}

rocksdb::MemTableRep::Iterator* memtable::GetIterator(rocksdb::Arena* arena) {
  if (!arena) return new row_iterator(*this);
  auto* const memory = iterator_memory(sizeof(row_iterator));
  return new (memory) row_iterator(*this, memory);
}

class memtable_factory final : public rocksdb::MemTableRepFactory {
public:
  [[nodiscard]] const char* Name() const override { return "signalbox.memtable"; }
  rocksdb::MemTableRep* CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator&, rocksdb::Allocator* memory,
                                          const rocksdb::SliceTransform*, rocksdb::Logger*) override {
    return new memtable(memory);
  }
};

}  // namespace

std::shared_ptr<rocksdb::MemTableRepFactory> make_memtable_factory() { return std::make_shared<memtable_factory>(); }

}  // namespace signalbox
