/// Section 4 of the rules: who gets a conversation. Pure: time and chance are arguments, so every decision can be replayed.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rules/access.hpp"
#include "rules/availability.hpp"
#include "rules/candidate_order.hpp"

namespace signalbox {

/// How many conversations of one user are open, by their channels' types.
struct open_conversations {
  std::uint32_t all = 0;
  std::array<std::uint32_t, channel_types_known> of_type{};
  bool operator==(const open_conversations&) const = default;
  void add(channel_type type, std::uint32_t count = 1) {
    all += count;
    of_type[static_cast<std::size_t>(type)] += count;
  }
  open_conversations& operator+=(const open_conversations& more) {
    all += more.all;
    for (std::size_t i = 0; i < of_type.size(); ++i) of_type[i] += more.of_type[i];
    return *this;
  }
  open_conversations& operator-=(const open_conversations& less) {
    for (std::size_t i = 0; i < of_type.size(); ++i) take_away(static_cast<channel_type>(i), less.of_type[i]);
    return *this;
  }
  /// Never below none.
  void take_away(channel_type type, std::uint32_t count = 1) {
    all -= std::min(all, count);
    auto& of = of_type[static_cast<std::size_t>(type)];
    of -= std::min(of, count);
  }
};

/// What AGENT last said of one user. `epoch` rises with every statement of one AGENT, so that an older one never overwrites.
struct agent_standing {
  user_id user;
  std::uint64_t epoch = 0;
  presence status = presence::away;
  presence_reason reason = presence_reason::manual;
  std::uint32_t open = 0;                 ///< open conversations, reserved ones among them
  std::optional<std::uint32_t> capacity;  ///< absent: no limit
  time_point idle_since{};                ///< when they last got a conversation: the tie-break of `balanced`
  std::array<std::uint32_t, channel_types_known> open_of_type{};
  type_capacities capacity_by_type{};
  void set_open(const open_conversations& now) {
    open = now.all;
    open_of_type = now.of_type;
  }
  void add_open(channel_type type) {
    ++open;
    ++open_of_type[static_cast<std::size_t>(type)];
  }
  /// @pre one of that type is open
  void take_open(channel_type type) {
    --open;
    --open_of_type[static_cast<std::size_t>(type)];
  }
  void limit_by(const signalbox::user& who) {
    capacity = who.capacity;
    capacity_by_type = who.capacity_by_type;
  }
  /// A33: how many more the rule may give of this type.
  [[nodiscard]] std::uint32_t room(channel_type type) const;
  [[nodiscard]] bool at_capacity(channel_type type) const { return room(type) == 0; }
};
/// Whether somebody who could not be given to `before` might be given to `now`: they came, or have room for a type again.
[[nodiscard]] bool gained(const agent_standing& before, const agent_standing& now);

/// One candidate as a decision saw it. `excluded` says why not; absent: was eligible.
struct considered {
  user_id user;
  std::uint32_t open = 0;
  std::optional<exclusion> excluded{};
  bool operator==(const considered&) const = default;
};

/// How the contact's owner came into a decision of a rule for the contact's owner.
enum class owner_step {
  chosen,          ///< S52
  no_owner,        ///< S53: has none, or one that was deleted
  no_cookie,       ///< S54
  not_assignable,  ///< S56, S62: free seat, no access, or not active
  offline,         ///< S55
  at_capacity,     ///< A33
  passed_on,       ///< had it in this round and let it go: others first
  closed,          ///< A25: outside the channel's business hours nobody is asked
};
[[nodiscard]] std::string_view to_text(owner_step of);  ///< `chosen`, …
[[nodiscard]] std::string_view rule_of(owner_step of);  ///< the number of the rule: `S52`, …

enum class decision_result { assigned, waiting, unassigned };
enum class tie_break { none, fewest_open, longest_idle, next_in_turn, chance };

/// Why a conversation was (not) assigned: kept with the assignment's event, shown by `/decisions`.
struct decision {
  time_point at{};
  std::uint64_t config_revision = 0;
  channel_id channel;
  signalbox::strategy strategy = strategy::balanced;
  std::uint32_t attempt = 1;     ///< rises when an offer was refused or an assignment lapsed
  std::uint32_t candidates = 0;  ///< how many the rule names
  std::vector<considered> seen;  ///< at most `decision_seen_max`: the chosen one first, then the excluded, then others
  std::map<exclusion, std::uint32_t> excluded;  ///< how many by which rule, complete
  decision_result result = decision_result::unassigned;
  std::optional<user_id> chosen;
  tie_break tie = tie_break::none;
  std::uint64_t chance = 0;                           ///< the number that `random` was given
  std::optional<signalbox::owner_step> owner_step{};  ///< absent: the rule doesn't ask for the contact's owner
  std::optional<user_id> owner{};                     ///< whom that was about
  bool operator==(const decision&) const = default;
};
inline constexpr std::size_t decision_seen_max = 16;
[[nodiscard]] std::string_view to_text(decision_result of);
[[nodiscard]] std::string_view to_text(tie_break of);

/// The candidates of one channel's rule, kept in order as AGENTs come, go, fill and empty, so that choosing is O(log n) for
/// 10,000 agents and allocates nothing but what `why` takes. Owned by one INBOX. Standings of users it doesn't hold are ignored.
///
/// While the rule is off it names nobody. A rule for the contact's owner names its fallback people here (S53, S54): the owner
/// is asked before the pool. A user whose AGENT has not spoken counts as away, unless the rule takes the unavailable too (S59).
class candidate_pool {
public:
  /// Rebuilds for a new configuration; standings known before are kept. `rule` is one of `config`'s channels.
  void configure(const account_config& config, const inbox& in, const channel& rule);

  /// A newer configuration, in which nothing is different that `configure` looks at.
  void keep(const account_config& config) { revision_ = config.revision; }

  /// A25: whether the channel's business hours are on. While they aren't, a rule that looks at availability excludes everybody.
  /// True if it changed. A pool begins open.
  bool set_open(bool open);
  /// Whether everybody is excluded by that, the contact's owner too.
  [[nodiscard]] bool closed() const { return only_available_ && !open_; }

  /// Takes a newer standing (by epoch); an older one changes nothing. It is the whole truth: what `choose` and `take` counted
  /// before it is settled by it. True if the user became eligible by it.
  bool update(const agent_standing& standing);

  /// Picks one and counts the conversation on them at once (open + 1, idle since `now`), so that the next choice in the same
  /// batch sees it. `skip` holds users not to be asked again for this conversation, with the reason (`refused_offer` when it
  /// has none), which `why` shows before any other. `chance` is used by `random` alone.
  /// Writes why into `why` whatever the result, all but `attempt`. Nothing when nobody is eligible.
  [[nodiscard]] std::optional<user_id> choose(time_point now, std::uint64_t chance, std::span<const considered> skip,
                                              decision& why);

  /// Takes back one conversation that `choose` or `take` counted since the last standing: the offer was refused or the batch
  /// was dropped. Does nothing when a newer standing has come since, whatever the order of the two calls.
  void release(user_id user);

  [[nodiscard]] bool anyone_eligible() const { return order_.size() > 0; }
  /// Whether the rule names them, eligible or not.
  [[nodiscard]] bool holds(user_id user) const;
  /// Whether `user` could be chosen now (A39: the same agent, if they are eligible).
  [[nodiscard]] bool eligible(user_id user) const;
  /// Counts a conversation on this user without choosing (A39). @pre eligible(user)
  void take(user_id user, time_point now);
  /// Everyone the rule names and may be assigned as far as the configuration says: those INBOX listens to.
  [[nodiscard]] const std::vector<user_id>& members() const { return members_; }

private:
  struct entry {
    agent_standing standing;
    bool known = false;                  ///< AGENT has spoken
    std::uint32_t counted = 0;           ///< conversations in `standing.open` that AGENT has not spoken of
    time_point idle_as_said{};           ///< `idle_since` before them
    std::optional<exclusion> by_config;  ///< seat, access, inactive
    std::optional<exclusion> skipped;    ///< only during one `choose`
    std::optional<exclusion> excluded;   ///< in force
  };
  using position = std::uint32_t;
  [[nodiscard]] std::optional<position> find(user_id user) const;
  [[nodiscard]] std::optional<exclusion> exclusion_of(const entry& of) const;
  void place(position at);
  void count(position at, time_point now);
  [[nodiscard]] position pick(std::uint64_t chance);
  void explain(std::span<const considered> skip, std::optional<position> chosen, decision& why) const;

  std::vector<entry> entries_;                             ///< everyone the rule names, ordered by id
  std::vector<user_id> members_;                           ///< ordered by id
  candidate_order order_;                                  ///< by position in `entries_`: those who are eligible now
  std::array<std::uint32_t, exclusion_count> excluded_{};  ///< how many by which, kept as entries change
  user_id turn_{};                                         ///< `round_robin`: the last one chosen
  bool open_ = true;
  bool only_available_ = true;
  bool queue_ = true;
  signalbox::strategy strategy_ = strategy::balanced;
  channel_id channel_;
  channel_type type_ = channel_type::custom;
  std::uint64_t revision_ = 0;
};

/// The reference that the tests hold `candidate_pool` against: looks at everyone. `random` counts by id.
[[nodiscard]] std::optional<user_id> choose_by_looking_at_all(std::span<const agent_standing> eligible, strategy by,
                                                              user_id last_turn, std::uint64_t chance);

}  // namespace signalbox
