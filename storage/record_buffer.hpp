/// Where a record is put together field by field before its bytes go into a std::string: what is added a byte or eight at a time is
/// inlined here and isn't there. Used by record_fields.hpp alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <protozero/buffer_tmpl.hpp>

namespace signalbox::fields {

class record_buffer {
public:
  /// Kept for its room. A record that is begun while another one is written lies behind that one, and is taken out first.
  static record_buffer& of_this_thread() {
    thread_local record_buffer one;
    return one;
  }

  [[nodiscard]] const char* at(std::size_t place) const { return memory_.get() + place; }
  [[nodiscard]] char* at(std::size_t place) { return memory_.get() + place; }
  [[nodiscard]] std::size_t size() const { return size_; }

  void push_back(char c) {
    make_room(1);
    memory_[size_++] = c;
  }
  void append(const char* bytes, std::size_t count) {
    make_room(count);
    if (count > 0) std::memcpy(at(size_), bytes, count);
    size_ += count;
  }
  void append_zeros(std::size_t count) {
    make_room(count);
    std::fill_n(at(size_), count, '\0');
    size_ += count;
  }
  void make_room(std::size_t count) {
    if (count > capacity_ - size_) grow(count);
  }
  void erase(std::size_t from, std::size_t to) {
    std::memmove(at(from), at(to), size_ - to);
    size_ -= to - from;
  }
  /// @pre to <= size()
  void cut(std::size_t to) {
    size_ = to;
    if (size_ == 0 && capacity_ > kept) {
      memory_.reset();
      capacity_ = 0;
    }
  }

private:
  static constexpr std::size_t kept = 64 << 10;

  void grow(std::size_t by) {
    const auto capacity = std::max({std::size_t{1024}, 2 * capacity_, size_ + by});
    auto memory = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(memory.get(), memory_.get(), size_);
    memory_ = std::move(memory);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace signalbox::fields

/// Protozero's own way of being given another kind of buffer.
template <>
struct protozero::buffer_customization<signalbox::fields::record_buffer> {
  using buffer = signalbox::fields::record_buffer;
  static std::size_t size(const buffer* of) noexcept { return of->size(); }
  static void append(buffer* to, const char* bytes, std::size_t count) { to->append(bytes, count); }
  static void append_zeros(buffer* to, std::size_t count) { to->append_zeros(count); }
  static void resize(buffer* of, std::size_t size) { of->cut(size); }
  static void reserve_additional(buffer* of, std::size_t count) { of->make_room(count); }
  static void erase_range(buffer* of, std::size_t from, std::size_t to) { of->erase(from, to); }
  static char* at_pos(buffer* of, std::size_t place) { return of->at(place); }
  static void push_back(buffer* to, char c) { to->push_back(c); }
};
