// What happens to the companies in months.
#include <caf/send.hpp>

#include "storage/keys.hpp"
#include "storage/records.hpp"
#include "tests/simulation/simulation.hpp"

namespace signalbox {

void simulation::live_on(company& c) {
  const auto of = some_conversation(c);
  switch (pick(8)) {
    case 0:
    case 1:
      return jump_days();
    case 2:
    case 3:
      if (of) (void)w_->command(c.id, c.boss, of->id, remove_conversation{});
      return;
    case 4:
      if (of) restore_something(c, of->id);
      return;
    case 5:
    case 6:
      if (of) (void)w_->command(c.id, c.boss, of->id, mark_spam{!of->spam || chance(20)});
      return;
    default:
      break;
  }
  // The last one, where only some may act and no channel is.
  if (c.inboxes.size() < 3 || !chance(30)) return;
  (void)w_->change(c.id, delete_inbox{c.inboxes.back()});
  c.inboxes.pop_back();
}

/// Beside messages, of which some may be its thread's.
void simulation::restore_something(company& c, conversation_id which) {
  principal by;
  by.account = c.id;
  by.user = c.boss;
  caf::anon_send(*w_->actors().agent(c.id, c.boss), command_from_agent{by, which, restore_conversation{}, "",
                                                                       make_answer<carried_out>([](outcome<carried_out>) {})});
  publish(pick(companies_.size()));
}

/// Then what trails is settled, and everybody has looked twice at what is due: a crash or messages may have come between.
void simulation::jump_days() {
  const auto days = std::chrono::hours{24} * static_cast<int>(1 + pick(45));
  pass(days);
  for (int i = 0; i < 3; ++i) pass(std::chrono::seconds{31});
  for (int i = 0; i < 3; ++i) pass(std::chrono::minutes{61});
  jumped_ = true;
}

std::optional<conversation> simulation::some_conversation(const company& c) {
  std::vector<conversation> all;
  const auto prefix = std::string{keys::conversation(c.id, {})}.substr(0, keys::owner_bytes + 1);
  w_->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view value) {
    all.push_back(decode_conversation(value).value);
    return true;
  });
  if (all.empty()) return std::nullopt;
  return all[pick(all.size())];
}

}  // namespace signalbox
