// A group commit with its fsync, on the file system of the temporary directory (TMPDIR; a real disk, or the figure means nothing).
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "bench/micro/sample_event.hpp"
#include "storage/keys.hpp"
#include "storage/rocks_store.hpp"

namespace signalbox {
namespace {

class temporary_directory {
public:
  temporary_directory()
      : path_(std::filesystem::temp_directory_path() / ("signalbox-micro-" + std::to_string(getpid()) + "-commit")) {
    std::filesystem::create_directories(path_);
  }
  ~temporary_directory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

// `messages` as an inbox writes them: events, the feeds of 50 agents, one conversation opened for every ten.
void commit_messages(benchmark::State& state) {
  const auto messages = static_cast<std::uint64_t>(state.range(0));
  const temporary_directory directory;
  const auto store = open_rocks_store({.directory = directory.path(), .sync = state.range(1) == 1});
  const account_id account{11};
  const auto body = sample_body();
  auto what = sample_message(body);
  auto opened = sample_conversation();
  std::array<std::uint64_t, 1> first_positions{};
  std::uint64_t number = 0;
  for (auto _ : state) {
    change_set all{keys::group_of(account)};
    std::string record;
    for (std::uint64_t i = 0; i < messages; ++i) {
      ++number;
      what.message = {number};
      what.conversation = {number / 10};
      record.clear();
      encode(record, what);
      const auto event = all.add_event(record);
      all.feed(keys::feed(account, {100 + number % 50}), event);
      if (number % 10 == 0) {
        opened.id = {number / 10};
        record.clear();
        encode(record, stored_conversation{
                           .value = opened, .indexed_activity = {}, .logged_seq = 0, .indexed_class = {}, .indexed_due = {}});
        all.put(family::state, keys::conversation(account, opened.id), record);
        all.put(family::state, keys::thread(account, opened.channel, std::to_string(number)), record.substr(0, 8));
      }
    }
    const std::array sets{static_cast<const change_set*>(&all)};
    store->commit(sets, first_positions);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(messages));
}
BENCHMARK(commit_messages)->ArgNames({"messages", "sync"})->ArgsProduct({{1, 64, 512}, {1}})->Args({64, 0})->UseRealTime();

}  // namespace
}  // namespace signalbox
