/// Tables of the wire's words, one an enumeration, read both ways.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace signalbox {

/// The words of an enumeration that counts from 0, in its order.
template <class Enum, std::size_t Size>
struct words {
  std::array<std::string_view, Size> in_order;

  /// Empty for a value that isn't one of the enumeration's.
  [[nodiscard]] constexpr std::string_view of(Enum value) const {
    const auto place = static_cast<std::size_t>(value);
    return place < Size ? in_order[place] : std::string_view{};
  }

  [[nodiscard]] constexpr std::optional<Enum> parse(std::string_view text) const {
    for (std::size_t place = 0; place < Size; ++place)
      if (in_order[place] == text) return static_cast<Enum>(place);
    return std::nullopt;
  }
};

}  // namespace signalbox
