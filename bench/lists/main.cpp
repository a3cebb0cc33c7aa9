// A store with very many conversations in one inbox, and what its lists cost: the first page and a deep one of each view, the
// counts, opening the store again. No server: what a reader thread does, on RocksDB with the product's settings.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "actors/conversation_reader.hpp"
#include "storage/keys.hpp"
#include "storage/list_counts.hpp"
#include "storage/rocks_store.hpp"
#include "storage/settling.hpp"

namespace signalbox {
namespace {

constexpr account_id account{11};
constexpr inbox_id inbox{21};
constexpr std::uint64_t users = 100;
constexpr user_id someone{1'007};
constexpr std::size_t page_rows = 50;

double ms_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
}

/// By its number: of a thousand 960 closed, 30 an agent's, 5 nobody's, 2 waiting, 2 spam, 1 deleted; spread evenly.
conversation sample(std::uint64_t number, bool mixed, std::uint64_t all) {
  conversation out;
  out.id = {1'000'000 + number};
  out.inbox = inbox;
  out.channel = {31 + number % 10};
  out.contact = {5'000'000 + number};
  out.contact_address = "visitor" + std::to_string(number);
  out.thread = "thread" + std::to_string(number);
  out.subject = "About order " + std::to_string(number);
  out.created_at = out.last_message_at =
      time_point{std::chrono::milliseconds{1'700'000'000'000 + static_cast<std::int64_t>(number) * 1'000}};
  // Mixed, or everything that isn't closed older than all that is.
  const auto kind = mixed ? number * 7'919 % 1'000 : number * 1'000 / all;
  const user_id agent{1'000 + number % users};
  if (kind >= 40) {
    out.status = conversation_status::closed;
    out.closed_at = out.last_message_at;
    if (number % 10 != 0) out.assignee = agent;
  } else if (kind >= 10) {
    out.assignee = agent;
    out.assigned_at = out.created_at;
  } else if (kind >= 5) {
  } else if (kind >= 3) {
    out.waiting_since = out.created_at;
  } else if (kind >= 1) {
    out.spam = true;
  } else {
    out.deleted_at = out.last_message_at;
  }
  return out;
}

void fill(store& to, std::uint64_t count, bool mixed) {
  list_counter counts{to, account, inbox};
  for (std::uint64_t number = 0; number < count;) {
    change_set set{keys::group_of(account)};
    for (; number < count && set.bytes() < change_set_bytes_max / 2; ++number) {
      stored_conversation one;
      one.value = sample(number, mixed, count);
      settle_conversation(set, account, one, 0, {}, counts);
      const auto& value = one.value;
      if (value.waiting_since) set.put(family::state, keys::waiting(account, inbox, *value.waiting_since, value.id), {});
      if (value.status != conversation_status::open || !value.assigned_user()) continue;
      std::string record;
      encode(record, assigned_entry{inbox, false, 0, false});
      set.put(family::state, keys::assigned(account, *value.assigned_user(), value.id), record);
    }
    counts.write(set);
    const change_set* const one = &set;
    std::uint64_t unused = 0;
    to.commit({&one, 1}, {&unused, 1});
  }
}

struct measured_list {
  const char* name;
  list_wanted wanted;
};

std::vector<measured_list> lists() {
  list_wanted any;
  any.inboxes = {inbox};
  any.limit = page_rows;
  const auto with = [&](auto&& change) {
    auto out = any;
    change(out);
    return out;
  };
  return {{"all", any},
          {"all, open", with([](auto& l) { l.status = conversation_status::open; })},
          {"all, closed", with([](auto& l) { l.status = conversation_status::closed; })},
          {"mine", with([](auto& l) { l.assignee = someone; })},
          {"mine, open", with([](auto& l) {
             l.assignee = someone;
             l.status = conversation_status::open;
           })},
          {"unassigned", with([](auto& l) { l.unassigned = true; })},
          {"unassigned, open", with([](auto& l) {
             l.unassigned = true;
             l.status = conversation_status::open;
           })},
          {"waiting", with([](auto& l) { l.waiting = true; })},
          {"spam", with([](auto& l) { l.spam = true; })},
          {"deleted", with([](auto& l) { l.deleted = true; })},
          {"one channel", with([](auto& l) { l.channel = channel_id{33}; })}};
}

/// The median of five looks, and the first one, which finds nothing in the cache that earlier ones didn't bring.
struct timing {
  double first = 0, median = 0;
  std::size_t rows = 0;
};
timing time_page(const store& of, const list_wanted& wanted) {
  timing out;
  std::vector<double> all;
  for (int i = 0; i < 5; ++i) {
    const auto began = std::chrono::steady_clock::now();
    const auto found = list_conversations(of, account, wanted);
    all.push_back(ms_since(began));
    out.rows = std::get<list_page>(found).items.size();
  }
  out.first = all.front();
  std::sort(all.begin(), all.end());
  out.median = all[all.size() / 2];
  return out;
}

/// Pages on to the middle of what the view holds, or as far as 2,000 pages go; the cursor there.
std::string deep_cursor(const store& of, list_wanted wanted) {
  wanted.limit = 200;
  std::vector<std::string> cursors;
  while (cursors.size() < 2'000) {
    const auto found = list_conversations(of, account, wanted);
    const auto& page = std::get<list_page>(found);
    if (!page.next) break;
    cursors.push_back(*page.next);
    wanted.after = *page.next;
  }
  return cursors.empty() ? "" : cursors[cursors.size() / 2];
}

int measure(const std::filesystem::path& directory, std::uint64_t count, bool mixed) {
  {
    const auto store = open_rocks_store({.directory = directory, .sync = false});
    (void)recover(*store, {});  // as a server's, which has nothing left to do for stores of older versions
    const auto began = std::chrono::steady_clock::now();
    fill(*store, count, mixed);
    const auto took = ms_since(began);
    std::printf("filled with %llu conversations in %.1f s (%.1f us each)\n", static_cast<unsigned long long>(count), took / 1e3,
                took * 1e3 / static_cast<double>(count));
  }
  const auto began = std::chrono::steady_clock::now();
  const auto store = open_rocks_store({.directory = directory});
  (void)recover(*store, {});
  std::printf("opened again in %.0f ms\n", ms_since(began));
  const auto counted_at = std::chrono::steady_clock::now();
  const auto counts = counts_of(read_list_counts(*store, account, inbox));
  std::printf("counts in %.3f ms: %lld open, %lld closed, %lld unassigned, %lld waiting, %lld spam, %lld deleted\n",
              ms_since(counted_at), static_cast<long long>(counts.open), static_cast<long long>(counts.closed),
              static_cast<long long>(counts.unassigned), static_cast<long long>(counts.waiting),
              static_cast<long long>(counts.spam), static_cast<long long>(counts.deleted));
  std::printf("%-18s %6s %12s %12s %12s\n", "list", "rows", "first ms", "again ms", "deep ms");
  for (auto& [name, wanted] : lists()) {
    const auto first = time_page(*store, wanted);
    wanted.after = deep_cursor(*store, wanted);
    const auto deep = wanted.after.empty() ? timing{} : time_page(*store, wanted);
    std::printf("%-18s %6zu %12.2f %12.2f %12.2f\n", name, first.rows, first.first, first.median, deep.median);
  }
  return counts.open + counts.closed + counts.spam + counts.deleted == static_cast<std::int64_t>(count) ? 0 : 1;
}

}  // namespace
}  // namespace signalbox

int main(int argc, char** argv) {
  CLI::App app{"What lists of very many conversations cost"};
  std::uint64_t conversations = 1'000'000;
  std::filesystem::path parent = std::filesystem::temp_directory_path();
  bool old_open = false;
  app.add_option("--conversations", conversations, "How many")->check(CLI::PositiveNumber);
  app.add_option("--data", parent, "Where the store is made, and removed afterwards")->check(CLI::ExistingDirectory);
  app.add_flag("--old-open", old_open, "Everything that isn't closed is older than all that is");
  CLI11_PARSE(app, argc, argv);
  const auto directory = parent / ("signalbox-lists-" + std::to_string(getpid()));
  int result = 1;
  try {
    result = signalbox::measure(directory, conversations, !old_open);
  } catch (const std::exception& broken) {
    std::fprintf(stderr, "%s\n", broken.what());
  }
  std::filesystem::remove_all(directory);
  return result;
}
