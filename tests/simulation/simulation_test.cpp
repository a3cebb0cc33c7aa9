// A failure prints its seed: SIGNALBOX_SEED=… runs that one again, SIGNALBOX_SEEDS=… runs so many.
#include "tests/simulation/simulation.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace signalbox {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(Simulation, WhatMustAlwaysHoldHoldsAfterEachStep) {
  const auto only = number_from("SIGNALBOX_SEED", 0);
  const auto seeds = only ? 1 : number_from("SIGNALBOX_SEEDS", 40);
  for (std::uint64_t i = 0; i < seeds && !HasFailure(); ++i) {
    const auto seed = only ? only : i + 1;
    simulation one{seed};
    one.run(120);
    if (HasFailure()) {
      ADD_FAILURE() << "seed " << seed;
    }
  }
}

TEST(Simulation, A44_A49_A62_MonthsPassAndNothingGoesBeforeItsTimeOrStaysAfterIt) {
  const auto only = number_from("SIGNALBOX_SEED", 0);
  const auto seeds = only ? 1 : number_from("SIGNALBOX_SEEDS", 20);
  std::size_t purged = 0;
  for (std::uint64_t i = 0; i < seeds && !HasFailure(); ++i) {
    const auto seed = only ? only : i + 1;
    simulation one{seed, simulation::span::months};
    one.run(120);
    purged += one.purged();
    if (HasFailure()) {
      ADD_FAILURE() << "seed " << seed;
    }
  }
  EXPECT_TRUE(only || purged > 10) << "they exercise it: " << purged;
}

}  // namespace
}  // namespace signalbox
