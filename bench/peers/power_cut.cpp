// A simulated power cut of a peer, in two halves around what bench/compare does with its disk. Exit code 2: it could not be run.
//   signalbox_power_cut publish PEER DIR FILE   publishes with nobody who receives, stops the server (SIGSTOP) in full swing, writes
//                                               what was confirmed to FILE, says so, and ends when its input does
//   signalbox_power_cut drain PEER DIR FILE     starts the server on what DIR holds, receives all of it, says what is missing
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "bench/load/run.hpp"
#include "bench/peers/peers.hpp"

namespace {

using namespace signalbox::load;

constexpr std::uint32_t producers = 4;
constexpr double publish_seconds = 6;
constexpr double messages_a_second = 2'000;
constexpr double silence_seconds_max = 5;

// Which messages were confirmed, by the order in which each producer sent them.
class confirmations : public target_observer {
public:
  void sent(std::uint32_t producer, std::uint64_t number) { unconfirmed_.at(producer).push_back(number); }
  void acknowledged(std::uint32_t producer, std::uint64_t messages) override {
    auto& waiting = unconfirmed_.at(producer);
    for (; messages > 0 && !waiting.empty(); --messages) {
      confirmed.push_back(waiting.front());
      waiting.pop_front();
    }
  }
  bool received(std::uint32_t, std::string_view) override { return false; }
  void violated(std::string what) override { throw std::runtime_error(what); }

  std::vector<std::uint64_t> confirmed;

private:
  std::vector<std::deque<std::uint64_t>> unconfirmed_{producers};
};

class arrivals : public target_observer {
public:
  void acknowledged(std::uint32_t, std::uint64_t) override {}
  bool received(std::uint32_t, std::string_view text) override {
    if (const auto what = read_stamp(text)) numbers.insert(what->number);
    last = now_ns();
    return false;
  }
  void violated(std::string what) override { throw std::runtime_error(what); }

  std::set<std::uint64_t> numbers;
  ns_time last = now_ns();
};

workload work_of() { return {workload_shape{.producers = producers}, std::vector<std::string>(producers, "chn_0000000000000")}; }

int publish(peer_kind which, const std::filesystem::path& directory, const std::string& file) {
  auto work = work_of();
  const auto on = start_peer(which, directory, {.producers = producers, .agents = 0, .stamp_at = work.stamp_at()});
  // A queue is declared long before a power cut, which is about the messages alone. RabbitMQ writes its declaration a while later.
  std::this_thread::sleep_for(std::chrono::seconds{8});
  sync();
  confirmations seen;
  const auto start = now_ns();
  const auto end = start + static_cast<ns_time>(publish_seconds * ns_per_second);
  std::uint64_t sent = 0;
  for (auto now = start; now < end; now = now_ns()) {
    const auto due = static_cast<std::uint64_t>(static_cast<double>(now - start) / ns_per_second * messages_a_second);
    for (; sent < due; ++sent) {
      const auto by = static_cast<std::uint32_t>(sent % producers);
      if (on->room(by) == 0) break;
      seen.sent(by, on->append(work, by, now).number);
    }
    for (std::uint32_t by = 0; by < producers; ++by) on->write(by);
    on->poll(std::chrono::milliseconds{1}, seen);
  }
  for (const auto pid : on->server_pids()) kill(pid, SIGSTOP);
  on->poll(std::chrono::milliseconds{50}, seen);  // what it said before
  std::ofstream out{file};
  for (const auto number : seen.confirmed) out << number << '\n';
  if (!out.flush()) throw std::runtime_error("can't write " + file);
  std::cout << "stopped" << std::endl;
  for (std::string line; std::getline(std::cin, line);) continue;
  return 0;
}

int drain(peer_kind which, const std::filesystem::path& directory, const std::string& file) {
  const auto work = work_of();
  const auto on = start_peer(which, directory, {.producers = 1, .agents = 50, .stamp_at = work.stamp_at()});
  arrivals seen;
  while (now_ns() < seen.last + static_cast<ns_time>(silence_seconds_max * ns_per_second))
    on->poll(std::chrono::milliseconds{50}, seen);
  std::uint64_t confirmed = 0, lost = 0;
  std::ifstream in{file};
  for (std::uint64_t number = 0; in >> number; ++confirmed) {
    if (!seen.numbers.contains(number)) ++lost;
  }
  std::cout << fmt::format("{{\"confirmed\":{},\"lost\":{}}}\n", confirmed, lost);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto which = words.size() == 4 ? peer_of(words[1]) : std::nullopt;
  if (!which || (words[0] != "publish" && words[0] != "drain")) {
    std::cerr << "usage: signalbox_power_cut publish|drain PEER DIR FILE\n";
    return 64;
  }
  try {
    return words[0] == "publish" ? publish(*which, words[2], words[3]) : drain(*which, words[2], words[3]);
  } catch (const std::exception& failure) {
    std::cerr << "signalbox_power_cut: " << failure.what() << '\n';
    return 2;
  }
}
