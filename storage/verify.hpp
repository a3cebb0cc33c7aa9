/// Holds what a store contains against itself: what `signalbox verify` does after the checksums, and what a simulation may do
/// after every step.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "storage/store.hpp"

namespace signalbox {

/// Reads every key of every family: all records decode, positions have no gap, a message came in once, every index agrees with
/// what it indexes as far as it is settled. Calls `say` for each problem; gives their number. Nothing may be committed meanwhile.
std::uint64_t verify_contents(const store& of, const std::function<void(const std::string&)>& say);

}  // namespace signalbox
