/// Keeps some of n candidates in order of load, so that the next one is found in O(log n) by any strategy: a tournament over
/// positions that also counts. Nothing but `reset` allocates.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "rules/time.hpp"

namespace signalbox {

/// Positions 0 to n - 1 stand for candidates ordered by id; each is in the order or left out of it.
class candidate_order {
public:
  /// Less is chosen earlier; of equals the smaller position.
  struct load {
    std::uint32_t open = 0;
    time_point idle_since{};
    auto operator<=>(const load&) const = default;
  };

  /// Starts over with `positions` candidates, all left out.
  void reset(std::uint32_t positions);

  /// Puts a position in, or moves it to another load.
  void include(std::uint32_t position, load with);
  void leave_out(std::uint32_t position);

  [[nodiscard]] bool includes(std::uint32_t position) const { return nodes_[leaves_ + position].count > 0; }
  [[nodiscard]] const load& load_of(std::uint32_t position) const { return loads_[position]; }
  [[nodiscard]] std::uint32_t size() const { return nodes_[1].count; }
  [[nodiscard]] std::uint32_t left_out() const { return positions_ - size(); }

  /// @pre size() > 0
  [[nodiscard]] std::uint32_t least() const { return nodes_[1].least; }
  /// The least but `position`. @pre includes(position) and size() > 1
  [[nodiscard]] std::uint32_t least_beside(std::uint32_t position) const;

  /// How many below `position` are in.
  [[nodiscard]] std::uint32_t count_before(std::uint32_t position) const;
  /// The `rank`-th position of those that are in, or left out, by position. @pre rank < size(), or < left_out()
  [[nodiscard]] std::uint32_t nth(std::uint32_t rank) const;
  [[nodiscard]] std::uint32_t nth_left_out(std::uint32_t rank) const;

private:
  struct node {
    std::uint32_t count = 0;
    std::uint32_t least = 0;  ///< means nothing while `count` is 0
  };
  [[nodiscard]] const node& better(const node& left, const node& right) const;
  void climb_from(std::uint32_t position);

  std::uint32_t positions_ = 0;
  std::uint32_t leaves_ = 1;                    ///< a power of two; position p is node leaves_ + p, node i's parent i / 2
  std::vector<node> nodes_ = {node{}, node{}};  ///< the root is node 1
  std::vector<load> loads_;
};

}  // namespace signalbox
