/// What the parts of `router_edge` answer alike.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "actors/environment.hpp"
#include "transport/edge.hpp"

namespace signalbox {

[[nodiscard]] inline refusal unknown(std::string_view what) {
  return refuse(refusal_code::not_found, "there is no such " + std::string{what});
}
[[nodiscard]] inline refusal only_for_users() { return refuse(refusal_code::access_denied, "this needs a user's token"); }

/// Runs store reads; what the disk can't give ends the process, what a defect throws becomes `internal`.
template <class T, class F>
void read_and_reply(environment& env, const reply<T>& then, F&& read) {
  try {
    then(std::forward<F>(read)());
  } catch (const storage_error& broken) {
    env.fatal(broken.what());
  } catch (const std::exception& thrown) {
    env.log(severity::error, std::string{"a read failed: "} + thrown.what());
    then(refuse(refusal_code::internal, "the server could not answer this"));
  }
}

}  // namespace signalbox
