#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <new>
#include <random>
#include <set>

#include "rules/assignment.hpp"
#include "tests/rules/sample_account.hpp"

namespace {
thread_local std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc{};
}
// What std::stable_sort asks: given back by the same delete.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace signalbox {
namespace {

/// What the pool should know, kept plainly.
struct known_agent {
  agent_standing standing;
  bool spoke = false;
  std::uint32_t counted = 0;
  time_point idle_as_said{};
};

class history {
public:
  history(unsigned seed, strategy by, bool only_available) : random_(seed) {
    in_ = acme_.add_inbox();
    over_ = acme_.add_channel(in_);
    rule_ = {.enabled = true, .only_available = only_available, .strategy = by};
    for (int i = 0; i < 40; ++i) all_.push_back(acme_.add_agent());
    configure();
  }

  void step() {
    switch (random_() % 20) {
      case 0:
        configure();
        break;
      case 1:
        change_somebody();
        break;
      case 2:
      case 3:
        release();
        break;
      case 4:
        take();
        break;
      case 5:
      case 6:
      case 7:
      case 8:
      case 9:
      case 10:
      case 11:
        speak();
        break;
      default:
        choose();
    }
    check();
  }

private:
  user_id anybody() { return all_[random_() % all_.size()]; }

  void configure() {
    rule_.candidates.users.clear();
    for (const auto who : all_)
      if (random_() % 4) rule_.candidates.users.push_back(who);
    std::shuffle(rule_.candidates.users.begin(), rule_.candidates.users.end(), random_);
    reconfigure();
  }

  void reconfigure() {
    acme_.change(over_, [&](channel& c) { c.assignment = rule_; });
    pool_.configure(acme_.config, acme_.of(in_), acme_.of(over_));
    std::map<user_id, known_agent> kept;
    for (const auto who : members_of(acme_.config, rule_.candidates)) {
      const auto found = model_.find(who);
      kept[who] = found == model_.end() ? known_agent{} : found->second;
      kept[who].standing.user = who;
      if (!kept[who].spoke) kept[who].standing.limit_by(acme_.of(who));
    }
    model_ = std::move(kept);
  }

  void change_somebody() {
    acme_.change(anybody(), [&](user& u) {
      switch (random_() % 3) {
        case 0:
          u.seat = random_() % 4 ? seat::paid : seat::free;
          break;
        case 1:
          u.active = random_() % 4 > 0;
          break;
        default:
          u.capacity = random_() % 2 ? std::optional<std::uint32_t>{random_() % 4} : std::nullopt;
      }
    });
    reconfigure();
  }

  void speak() {
    agent_standing now;
    now.user = anybody();
    now.epoch = epoch_ + random_() % 4;
    epoch_ += random_() % 2;
    now.status = random_() % 4 ? presence::available : presence::away;
    now.open = random_() % 4;
    if (random_() % 2) now.capacity = random_() % 6;
    const auto type = static_cast<std::size_t>(acme_.of(over_).type);
    now.open_of_type[type] = random_() % (now.open + 1);
    if (random_() % 3 == 0) now.capacity_by_type[type] = random_() % 4;
    now.idle_since = noon + milliseconds{random_() % 5};
    const auto found = model_.find(now.user);
    const bool before = found != model_.end() && eligible(found->second);
    const bool came = pool_.update(now);
    if (found != model_.end() && (!found->second.spoke || now.epoch > found->second.standing.epoch)) {
      found->second = {now, true, 0, {}};
      ASSERT_EQ(came, !before && eligible(found->second));
    } else {
      ASSERT_FALSE(came);
    }
  }

  void count(user_id who, time_point now) {
    auto& one = model_.at(who);
    if (one.counted++ == 0) one.idle_as_said = one.standing.idle_since;
    one.standing.add_open(acme_.of(over_).type);
    one.standing.idle_since = now;
  }

  void take() {
    const auto who = anybody();
    if (!pool_.eligible(who)) return;
    const auto now = noon + milliseconds{random_() % 9};
    pool_.take(who, now);
    count(who, now);
  }

  void release() {
    const auto who = anybody();
    pool_.release(who);
    const auto found = model_.find(who);
    if (found == model_.end() || found->second.counted == 0) return;
    found->second.standing.take_open(acme_.of(over_).type);
    if (--found->second.counted == 0) found->second.standing.idle_since = found->second.idle_as_said;
  }

  void choose() {
    std::vector<considered> skip;
    for (auto i = random_() % 4; i > 0; --i) skip.push_back({anybody(), 0, exclusion::declined});
    const std::uint64_t chance = random_();
    const auto now = noon + milliseconds{random_() % 9};

    std::vector<agent_standing> candidates;
    std::map<exclusion, std::uint32_t> excluded;
    for (const auto& [who, one] : model_) {
      const bool skipped = std::any_of(skip.begin(), skip.end(), [id = who](const considered& s) { return s.user == id; });
      if (skipped)
        ++excluded[exclusion::declined];
      else if (const auto why_not = excluded_of(one))
        ++excluded[*why_not];
      else
        candidates.push_back(one.standing);
    }
    const auto expected = choose_by_looking_at_all(candidates, rule_.strategy, turn_, chance);

    decision why;
    const auto chosen = pool_.choose(now, chance, skip, why);
    ASSERT_EQ(chosen, expected);
    ASSERT_EQ(why.chosen, expected);
    ASSERT_EQ(why.excluded, excluded);
    ASSERT_EQ(why.candidates, model_.size());
    ASSERT_EQ(why.seen.size(), std::min(decision_seen_max, model_.size()));
    std::set<user_id> once;
    for (const auto& one : why.seen) {
      ASSERT_TRUE(once.insert(one.user).second);
      ASSERT_EQ(one.open, model_.at(one.user).standing.open);
    }
    if (!chosen) return;
    turn_ = *chosen;
    count(*chosen, now);
  }

  std::optional<exclusion> excluded_of(const known_agent& one) {
    if (const auto why = excluded_from_automatic(acme_.config.users.find(one.standing.user), acme_.of(in_))) return why;
    if (rule_.only_available && (!one.spoke || one.standing.status == presence::away)) return exclusion::away;
    if (one.standing.at_capacity(acme_.of(over_).type)) return exclusion::at_capacity;
    return std::nullopt;
  }
  bool eligible(const known_agent& one) { return !excluded_of(one); }

  void check() {
    bool anyone = false;
    std::vector<user_id> members;
    for (const auto& [who, one] : model_) {
      ASSERT_EQ(pool_.eligible(who), eligible(one));
      anyone = anyone || eligible(one);
      if (!excluded_from_automatic(acme_.config.users.find(who), acme_.of(in_))) members.push_back(who);
    }
    for (const auto who : all_) ASSERT_EQ(pool_.holds(who), model_.contains(who));
    ASSERT_EQ(pool_.anyone_eligible(), anyone);
    ASSERT_EQ(pool_.members(), members);
  }

  std::mt19937 random_;
  sample_account acme_;
  inbox_id in_;
  channel_id over_;
  assignment_rule rule_;
  std::vector<user_id> all_;
  std::map<user_id, known_agent> model_;
  candidate_pool pool_;
  user_id turn_;
  std::uint64_t epoch_ = 1;
};

TEST(CandidatePoolHistory, S51_AgreesWithLookingAtEveryone) {
  for (const auto by : {strategy::balanced, strategy::round_robin, strategy::random})
    for (const bool only_available : {true, false})
      for (unsigned seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(testing::Message() << to_text(by) << (only_available ? ", only available" : "") << ", seed " << seed);
        history run{seed, by, only_available};
        for (int step = 0; step < 500; ++step) {
          run.step();
          if (testing::Test::HasFatalFailure()) return;
        }
      }
}

TEST(CandidatePoolHistory, ChoosingAmongTenThousandAllocatesNothing) {
  sample_account acme;
  const auto in = acme.add_inbox();
  const auto over = acme.add_channel(in);
  const auto team = acme.add_team();
  std::vector<user_id> crowd;
  for (int i = 0; i < 10'000; ++i) {
    crowd.push_back(acme.add_agent());
    acme.join(crowd.back(), team);
  }
  for (const auto by : {strategy::balanced, strategy::round_robin, strategy::random}) {
    acme.change(over, [&](channel& c) { c.assignment = {.enabled = true, .candidates = {{}, {team}}, .strategy = by}; });
    candidate_pool pool;
    pool.configure(acme.config, acme.of(in), acme.of(over));
    for (const auto who : crowd) pool.update({who, 1, presence::available, presence_reason::manual, 0, 40, noon});
    const std::vector<considered> skip{{crowd[3], 0, exclusion::declined}};
    decision why;
    ASSERT_TRUE(pool.choose(noon, 7, skip, why));
    const auto before = allocations;
    for (int i = 1; i <= 10'000; ++i) {
      const auto chosen = pool.choose(noon + milliseconds{i}, static_cast<std::uint64_t>(i) * 7919, {}, why);
      ASSERT_TRUE(chosen);
      if (i % 3 == 0) pool.release(*chosen);
    }
    EXPECT_EQ(allocations, before) << to_text(by);
  }
}

}  // namespace
}  // namespace signalbox
