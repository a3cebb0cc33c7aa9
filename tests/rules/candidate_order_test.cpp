#include "rules/candidate_order.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "tests/rules/sample_account.hpp"

namespace signalbox {
namespace {

TEST(CandidateOrder, AgreesWithSortedSetsOverAnyHistory) {
  std::mt19937 random{41};
  for (const std::uint32_t positions : {1u, 2u, 3u, 7u, 8u, 9u, 33u}) {
    candidate_order order;
    order.reset(positions);
    std::map<std::uint32_t, candidate_order::load> in;
    for (int step = 0; step < 3000; ++step) {
      const auto at = static_cast<std::uint32_t>(random() % positions);
      if (random() % 3) {
        const candidate_order::load with{static_cast<std::uint32_t>(random() % 3), noon + milliseconds{random() % 3}};
        order.include(at, with);
        in[at] = with;
      } else {
        order.leave_out(at);
        in.erase(at);
      }
      ASSERT_EQ(order.size(), in.size());
      ASSERT_EQ(order.left_out(), positions - in.size());
      ASSERT_EQ(order.includes(at), in.contains(at));

      std::set<std::pair<candidate_order::load, std::uint32_t>> by_load;
      for (const auto& [position, with] : in) by_load.emplace(with, position);
      if (!in.empty()) {
        ASSERT_EQ(order.least(), by_load.begin()->second);
      }
      if (in.size() > 1 && in.contains(at)) {
        const auto first = by_load.begin()->second;
        ASSERT_EQ(order.least_beside(at), first == at ? std::next(by_load.begin())->second : first);
      }
      std::uint32_t rank_in = 0;
      std::uint32_t rank_out = 0;
      for (std::uint32_t p = 0; p < positions; ++p) {
        ASSERT_EQ(order.count_before(p), rank_in);
        ASSERT_EQ(in.contains(p) ? order.nth(rank_in++) : order.nth_left_out(rank_out++), p);
      }
      ASSERT_EQ(order.count_before(positions), in.size());
    }
  }
}

TEST(CandidateOrder, HoldsNobody) {
  candidate_order order;
  EXPECT_EQ(order.size(), 0u);
  order.reset(0);
  EXPECT_EQ(order.size(), 0u);
  EXPECT_EQ(order.left_out(), 0u);
}

}  // namespace
}  // namespace signalbox
