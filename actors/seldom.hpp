/// What most actors of a role never need: it takes a pointer's room in those.
#pragma once

#include <memory>

namespace signalbox {

/// Reads as an empty T until it is used. One thread at a time.
template <class T>
class seldom {
public:
  const T& operator*() const {
    static const T nothing{};
    return held_ ? *held_ : nothing;
  }
  const T* operator->() const { return &**this; }

  /// To change it. Valid until `clear`.
  T& use() {
    if (!held_) held_ = std::make_unique<T>();
    return *held_;
  }
  /// Null: nobody used it since it was cleared.
  [[nodiscard]] T* used() { return held_.get(); }
  void clear() { held_.reset(); }

private:
  std::unique_ptr<T> held_;
};

}  // namespace signalbox
