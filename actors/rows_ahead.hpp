/// Rows that a batch is going to ask the store for, read with one call. What a batch asks for is mostly new, so it is looked for in
/// every table and found in none, which together costs half of one by one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/store.hpp"

namespace signalbox {

/// Used within one turn of an actor, as what is read may change behind it: `want` each row, `read`, `take` those that are needed in the
/// same order, `clear`.
class rows_ahead {
public:
  void want(std::string key) { keys_.push_back(std::move(key)); }

  void read(const store& disk, family of) {
    if (!keys_.empty()) rows_ = disk.get_many(of, keys_);
  }

  /// The row as it was read; null when it isn't among those that were wanted behind the last one taken: whoever asks then reads it.
  /// Valid until `clear`.
  [[nodiscard]] const std::optional<std::string>* take(std::string_view key) {
    for (auto at = next_; at < rows_.size(); ++at) {
      if (keys_[at] != key) continue;
      next_ = at + 1;
      return &rows_[at];
    }
    return nullptr;
  }

  /// The last one was taken, or none was wanted.
  [[nodiscard]] bool spent() const { return next_ == rows_.size(); }
  void clear() {
    if (keys_.size() > kept_max) *this = {};  // the room of a burst isn't kept
    keys_.clear();
    rows_.clear();
    next_ = 0;
  }

private:
  static constexpr std::size_t kept_max = 256;

  std::vector<std::string> keys_;
  std::vector<std::optional<std::string>> rows_;
  std::size_t next_ = 0;
};

}  // namespace signalbox
