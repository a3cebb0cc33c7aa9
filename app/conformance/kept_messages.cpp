#include "app/conformance/kept_messages.hpp"

namespace signalbox {

frame_answer kept_messages::keep(const heard_publish& frame, const act& playing, std::mt19937_64& chance) {
  frame_answer out;
  std::set<std::string> channels;
  for (const auto& each : frame.messages) {
    channels.insert(each.channel);
    const message_key key{each.channel, each.id};
    const auto drawn = chance() % 100;
    const auto unavailable = playing.unavailable_percent;
    const auto duplicate = unavailable + playing.duplicate_percent;
    std::string_view status;
    if (kept_.contains(key)) {
      status = "duplicate";
    } else if (drawn < unavailable) {
      status = "rejected";
      out.not_taken.insert(key);
    } else {
      kept_.insert(key);
      status = drawn < duplicate ? "duplicate" : drawn < duplicate + playing.dropped_percent ? "dropped" : "";
    }
    out.results.push_back({each.id, status});
  }
  // An offset says that everything up to it is kept.
  if (frame.offset && out.not_taken.empty())
    for (const auto& channel : channels) offsets_[channel] = *frame.offset;
  return out;
}

std::optional<std::string> kept_messages::offset_of(const std::string& channel) const {
  const auto found = offsets_.find(channel);
  return found == offsets_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace signalbox
