#include "transport/http_api/viewing.hpp"

namespace signalbox {

namespace {

bool refused_to_view(call& of, const inbox* in) {
  if (in != nullptr && may_view(*of.who, *in)) return false;
  of.refuse(refusal_code::access_denied, "you have no access to this inbox");
  return true;
}

}  // namespace

const inbox* named_inbox(call& of) {
  const auto id = of.path_id<inbox_id>();
  const auto* found = id ? of.config->inboxes.find(*id) : nullptr;
  if (found == nullptr) {
    of.refuse(refusal_code::not_found, "there is no such inbox");
    return nullptr;
  }
  return refused_to_view(of, found) ? nullptr : found;
}

const channel* named_channel(call& of) {
  const auto id = of.path_id<channel_id>();
  const auto* found = id ? of.config->channels.find(*id) : nullptr;
  if (found == nullptr) {
    of.refuse(refusal_code::not_found, "there is no such channel");
    return nullptr;
  }
  return refused_to_view(of, of.config->inboxes.find(found->inbox)) ? nullptr : found;
}

}  // namespace signalbox
