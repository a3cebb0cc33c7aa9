#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "rules/account.hpp"
#include "rules/conversation.hpp"
#include "rules/ids.hpp"
#include "rules/time.hpp"

namespace signalbox::testing {

/// Values with every field, or any of them, set.
class random_values {
public:
  explicit random_values(std::uint64_t seed) : chance_(seed) {}

  std::uint64_t number() { return chance_() >> (chance_() % 64); }
  std::uint64_t below(std::uint64_t bound) { return chance_() % bound; }
  bool flag() { return below(2) == 0; }
  milliseconds duration() { return milliseconds{static_cast<std::int64_t>(below(86'400'000))}; }
  std::string text() {
    std::string out(below(40), '\0');
    for (auto& c : out) c = static_cast<char>(chance_());
    return out;
  }
  time_point time() { return time_point{milliseconds{static_cast<std::int64_t>(below(253'370'764'800'000))}}; }
  template <class E>
  E word(E greatest) {
    return static_cast<E>(below(static_cast<std::uint64_t>(greatest) + 1));
  }
  template <class Id>
  Id id() {
    return Id{number()};
  }
  template <class F>
  auto maybe(F make) -> std::optional<decltype(make())> {
    if (flag()) return std::nullopt;
    return make();
  }
  template <class Id>
  std::vector<Id> ids() {
    std::vector<Id> all(below(4));
    for (auto& one : all) one = id<Id>();
    return all;
  }
  assignee who() {
    switch (below(3)) {
      case 0:
        return id<user_id>();
      case 1:
        return id<team_id>();
      default:
        return std::monostate{};
    }
  }
  people some_people() { return {ids<user_id>(), ids<team_id>()}; }

private:
  std::mt19937_64 chance_;
};

}  // namespace signalbox::testing
