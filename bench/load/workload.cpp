#include "bench/load/workload.hpp"

#include <stdexcept>

namespace signalbox::load {
namespace {

constexpr std::string_view filler =
    " Hello, I ordered last week and the parcel should have come yesterday, but the tracking page still says that it is in"
    " transit. Could you look where it is, please, and tell me when it will be here? Thank you very much in advance.";

std::string message_json(std::string_view channel, std::size_t bytes) {
  std::string out = R"({"channel":")";
  out += channel;
  out += R"(","thread":"t-000000000","id":"m-000000000000","from":{"id":"c-000000000","name":"Ada Example"},"text":")";
  out.append(stamp_bytes, '0');
  constexpr std::string_view end = R"("})";
  while (out.size() + end.size() < bytes) out += filler.substr(0, bytes - end.size() - out.size());
  out += end;
  return out;
}

std::uint64_t next_random(std::uint64_t& state) {  // splitmix64
  auto z = state += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

constexpr std::string_view any_channel = "chn_0000000000000";

}  // namespace

std::size_t message_bytes_min() { return message_json(any_channel, 0).size(); }

workload::workload(const workload_shape& shape, const std::vector<std::string>& channels) : shape_(shape) {
  if (channels.size() != shape.producers) throw std::invalid_argument("a workload needs one channel for each producer");
  for (std::uint32_t i = 0; i < shape.producers; ++i) {
    writers_.push_back({message_json(channels[i], shape.message_bytes), shape.seed * 1'000'003 + i, {}});
    writers_.back().live.reserve(shape.threads_live / shape.producers + 2);
  }
  const auto& json = writers_.front().json;
  const auto after = [&](std::string_view what) { return json.find(what) + what.size(); };
  thread_at_ = after(R"("thread":"t-)");
  id_at_ = after(R"("id":"m-)");
  contact_at_ = after(R"("id":"c-)");
  stamp_at_ = after(R"("text":")");
}

stamp workload::choose(writer& by) {
  const std::size_t live_max = std::max(1u, shape_.threads_live / shape_.producers);
  const auto opens = static_cast<double>(next_random(by.random) >> 11) * 0x1p-53 < shape_.opening_share;
  stamp out;
  out.number = messages_++;
  if (opens || by.live.empty()) {
    out.thread = threads_++;
    // Nothing else could ever end them when (nearly) every message opens a thread.
    out.last = by.live.size() >= 2 * live_max;
    if (!out.last) by.live.push_back({out.thread, 1});
    return out;
  }
  const auto at = next_random(by.random) % by.live.size();
  auto& thread = by.live[at];
  out.thread = thread.number;
  out.turn = thread.turns++;
  out.last = by.live.size() > live_max;
  if (out.last) {
    thread = by.live.back();
    by.live.pop_back();
  }
  return out;
}

stamp workload::append(std::string& out, std::uint32_t producer, ns_time intended) {
  auto& by = writers_[producer];
  auto what = choose(by);
  what.intended = intended;
  const auto at = out.size();
  out += by.json;
  auto* json = out.data() + at;
  write_digits(json + thread_at_, 9, what.thread);
  write_digits(json + id_at_, 12, what.number);
  write_digits(json + contact_at_, 9, what.thread);
  write_stamp(json + stamp_at_, what);
  return what;
}

std::uint64_t workload::digest(const workload_shape& shape) {
  workload all{shape, std::vector<std::string>(shape.producers, std::string{any_channel})};
  std::uint64_t hash = 0xCBF29CE484222325ull;  // FNV-1a
  std::string json;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    json.clear();
    all.append(json, i % shape.producers, i);
    for (const unsigned char c : json) hash = (hash ^ c) * 0x100000001B3ull;
  }
  return hash;
}

}  // namespace signalbox::load
