#include "actors/orphans.hpp"

#include <atomic>
#include <caf/send.hpp>
#include <map>

#include "actors/directory.hpp"
#include "actors/inbox_rows.hpp"
#include "actors/pending_commit.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

namespace {

constexpr std::size_t found_at_once = 200;
constexpr std::size_t rows_looked_at_once = 5'000;

/// The search for the conversations of one who is gone. Each piece is a job of a reader thread; the next one begins when the INBOXes
/// have made the last one durable. One that is not answered ends it: what is left is looked for again later.
class orphan_search : public std::enable_shared_from_this<orphan_search> {
public:
  orphan_search(environment& env, account_id account, const assignee& gone) : env_(env), account_(account), gone_(gone) {}

  void go_on() {
    env_.read_aside([self = shared_from_this()] {
      try {
        self->look();
      } catch (const storage_error& broken) {
        self->env_.fatal(broken.what());
      }
    });
  }

private:
  using found_by_inbox = std::map<inbox_id, std::vector<conversation_id>>;

  void look() {
    if (const auto* user = std::get_if<user_id>(&gone_)) return look_for_users(*user);
    if (const auto* team = std::get_if<team_id>(&gone_)) look_for_teams(*team);
  }

  void look_for_users(user_id user) {
    const auto prefix = keys::assigned_prefix(account_, user);
    const std::string begin = from_.empty() ? prefix : from_;
    found_by_inbox found;
    std::size_t count = 0;
    const auto config = env_.directory->configuration(account_);
    env_.disk.scan(family::state, begin, keys::after_prefix(prefix), [&](std::string_view key, std::string_view value) {
      from_.assign(key);
      from_ += '\0';
      const auto in = decode_assigned_entry(value).inbox;
      if (config && !leaves_theirs(*config, user, in)) return true;
      found[in].push_back(conversation_id{keys::read_be64(key.substr(prefix.size()))});
      return ++count < found_at_once;
    });
    if (count > 0) hand_over(found);
  }

  void look_for_teams(team_id team) {
    if (!inboxes_) inboxes_ = inboxes_with_rows(env_.disk, keys::activity_prefix(account_));
    if (at_ == inboxes_->size()) return end(team);
    const auto in = (*inboxes_)[at_];
    const auto prefix = keys::activity_prefix(account_, in);
    const std::string begin = from_.empty() ? prefix : from_;
    found_by_inbox found;
    std::size_t looked_at = 0;
    bool more = false;
    env_.disk.scan(family::state, begin, keys::after_prefix(prefix), [&](std::string_view key, std::string_view value) {
      if (looked_at == rows_looked_at_once || found[in].size() == found_at_once) {
        from_ = key;
        more = true;
        return false;
      }
      ++looked_at;
      const auto entry = decode_activity_entry(value);
      if (entry.assignee == assignee{team} && entry.status == conversation_status::open && !entry.deleted)
        found[in].push_back(conversation_id{keys::read_be64(key.substr(key.size() - 8))});
      return true;
    });
    if (!more) {
      ++at_;
      from_.clear();
    }
    if (found[in].empty()) return go_on();
    hand_over(found);
  }

  /// What is still in an INBOX alone was seen to by itself when it heard of the deletion: behind that.
  void end(team_id team) {
    std::vector<asked> all;
    for (const auto& inbox : env_.directory->living_inboxes(account_)) all.push_back({inbox, {}});
    ask(all, [team](orphan_search& self) {
      auto work = std::make_shared<pending_commit>(keys::group_of(self.account_));
      work->set.erase(family::state, keys::orphaned_team(self.account_, team));
      caf::anon_send(self.env_.journal, commit{std::move(work)});
    });
  }

  void hand_over(const found_by_inbox& found) {
    std::vector<asked> all;
    for (const auto& [in, which] : found)
      if (const auto inbox = env_.directory->inbox(account_, in)) all.push_back({*inbox, which});
    ask(all, [](orphan_search& self) { self.go_on(); });
  }

  struct asked {
    inbox_actor inbox;
    std::vector<conversation_id> which;
  };
  void ask(const std::vector<asked>& all, std::function<void(orphan_search&)> then) {
    // Dropped by the last one who answers, or here when nobody was asked.
    struct last_word {
      std::shared_ptr<orphan_search> of;
      std::function<void(orphan_search&)> then;
      std::atomic<bool> refused = false;
      last_word(std::shared_ptr<orphan_search> whose, std::function<void(orphan_search&)> next)
          : of(std::move(whose)), then(std::move(next)) {}
      last_word(const last_word&) = delete;
      last_word& operator=(const last_word&) = delete;
      ~last_word() {
        if (!refused) then(*of);
      }
    };
    const auto word = std::make_shared<last_word>(shared_from_this(), std::move(then));
    for (const auto& one : all)
      caf::anon_send(one.inbox, hand_back{one.which, make_answer<done>([word](const outcome<done>& said) {
                                            if (std::holds_alternative<refusal>(said)) word->refused = true;
                                          })});
  }

  environment& env_;
  account_id account_;
  assignee gone_;
  std::string from_;                              ///< where the next piece begins; empty: at the first row
  std::optional<std::vector<inbox_id>> inboxes_;  ///< a team's: where to look
  std::size_t at_ = 0;                            ///< in them
};

bool leaves_some(const account_config& config, user_id who) {
  bool any = config.users.find(who) == nullptr;
  config.inboxes.for_each([&](const inbox& in) { any = any || leaves_theirs(config, who, in.id); });
  return any;
}

}  // namespace

void hand_back_orphans_of(environment& env, account_id account, const assignee& gone) {
  std::make_shared<orphan_search>(env, account, gone)->go_on();
}

void hand_back_orphans(environment& env) {
  try {
    for (const auto& config : env.directory->configurations()) {
      const auto account = config->account.id;
      const auto users = ids_with_rows(env.disk, keys::assigned_prefix(account));
      const auto teams = ids_with_rows(env.disk, keys::orphaned_team_prefix(account));
      const auto then = env.directory->configuration(account);  // read after the rows: who has some was made before
      if (!then) continue;
      for (const auto id : users)
        if (leaves_some(*then, user_id{id})) hand_back_orphans_of(env, account, user_id{id});
      for (const auto id : teams) hand_back_orphans_of(env, account, team_id{id});
    }
  } catch (const storage_error& broken) {
    env.fatal(broken.what());
  }
}

}  // namespace signalbox
