#include <algorithm>
#include <array>
#include <chrono>
#include <span>

#include "transport/http_api/resources.hpp"
#include "transport/http_api/viewing.hpp"
#include "transport/wire/json_out.hpp"
#include "transport/wire/publish_body.hpp"

namespace signalbox::resources {

namespace {

/// A connector publishes on the channels of its token; a user where they may act, or whose settings they may change.
const channel* publishing_channel(call& of) {
  if (of.who != nullptr) {
    const auto* found = named_channel(of);
    if (found == nullptr || of.who->permissions.administers()) return found;
    if (const auto no = refuse_unless_may_act(*of.who, *of.config->inboxes.find(found->inbox))) {
      of.refuse(*no);
      return nullptr;
    }
    return found;
  }
  const auto id = of.path_id<channel_id>();
  const auto* found =
      id && std::ranges::find(of.by.channels, *id) != of.by.channels.end() ? of.config->channels.find(*id) : nullptr;
  if (found == nullptr) of.refuse(refusal_code::not_found, "this token serves no such channel");
  return found;
}

http_answer show_results(const inbound_frame& frame) {
  std::string out = R"({"results":[)";
  for (std::size_t i = 0; i < frame.messages.size(); ++i) {
    if (i != 0) out += ',';
    append_publish_result(out, frame, i, true);
  }
  out += "]}";
  return json_answer(200, std::move(out));
}

}  // namespace

void publish_messages(const call_pointer& of) {
  const auto* on = publishing_channel(*of);
  if (on == nullptr) return;
  const std::array channels{on->id};
  const auto mail = std::span{channels}.first(on->type == channel_type::email ? 1 : 0);
  auto read = read_publish_body(std::move(of->request.body), {channels, on->id, mail});
  if (const auto* no = std::get_if<refusal>(&read)) return of->refuse(*no);
  auto& frame = std::get<frame_pointer>(read);
  frame->account = of->config->account.id;
  frame->connector = of->by.token;
  frame->received_at = of->now;
  frame->received_ns =
      static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1});
  frame->answered = [of](inbound_frame& done) { of->answer_by([&] { return show_results(done); }); };
  of->behind.publish(std::move(frame));
}

}  // namespace signalbox::resources
