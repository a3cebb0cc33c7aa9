#include "rules/candidate_order.hpp"

#include <bit>

namespace signalbox {

void candidate_order::reset(std::uint32_t positions) {
  positions_ = positions;
  leaves_ = std::bit_ceil(positions > 0 ? positions : 1u);
  nodes_.assign(std::size_t{2} * leaves_, node{});
  loads_.assign(positions, load{});
}

void candidate_order::include(std::uint32_t position, load with) {
  loads_[position] = with;
  nodes_[leaves_ + position] = {1, position};
  climb_from(position);
}

void candidate_order::leave_out(std::uint32_t position) {
  nodes_[leaves_ + position] = {0, position};
  climb_from(position);
}

const candidate_order::node& candidate_order::better(const node& left, const node& right) const {
  if (left.count == 0) return right;
  if (right.count == 0) return left;
  return loads_[right.least] < loads_[left.least] ? right : left;
}

void candidate_order::climb_from(std::uint32_t position) {
  for (auto at = (leaves_ + position) / 2; at > 0; at /= 2) {
    const auto& left = nodes_[2 * std::size_t{at}];
    const auto& right = nodes_[2 * std::size_t{at} + 1];
    nodes_[at] = {left.count + right.count, better(left, right).least};
  }
}

std::uint32_t candidate_order::least_beside(std::uint32_t position) const {
  node best;
  for (auto at = leaves_ + position; at > 1; at /= 2) {
    const auto& sibling = nodes_[at ^ 1];
    // A left sibling holds smaller positions, so it wins a tie.
    best = at & 1 ? better(sibling, best) : better(best, sibling);
  }
  return best.least;
}

std::uint32_t candidate_order::count_before(std::uint32_t position) const {
  if (position >= positions_) return size();
  std::uint32_t count = 0;
  for (auto at = leaves_ + position; at > 1; at /= 2)
    if (at & 1) count += nodes_[at - 1].count;
  return count;
}

std::uint32_t candidate_order::nth(std::uint32_t rank) const {
  std::uint32_t at = 1;
  while (at < leaves_) {
    at *= 2;
    if (rank >= nodes_[at].count) rank -= nodes_[at++].count;
  }
  return at - leaves_;
}

std::uint32_t candidate_order::nth_left_out(std::uint32_t rank) const {
  // Leaves beyond the last position look left out too, but come after every rank that may be asked for.
  std::uint32_t at = 1;
  for (auto width = leaves_ / 2; at < leaves_; width /= 2) {
    at *= 2;
    const auto out = width - nodes_[at].count;
    if (rank >= out) {
      rank -= out;
      ++at;
    }
  }
  return at - leaves_;
}

}  // namespace signalbox
