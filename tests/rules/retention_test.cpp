#include "rules/retention.hpp"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

using namespace std::chrono_literals;

constexpr time_point noon{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + 12h};

struct kept {
  const char* what;
  std::optional<time_point> deleted_at;
  bool spam;
  std::optional<time_point> due;
};

TEST(Retention, A44_A49_TheDeletedGoAfter30DaysTheFilteredAfter90) {
  const kept table[]{
      {"an ordinary one stays", std::nullopt, false, std::nullopt},
      {"A44: 30 days after its deletion", noon + 1h, false, noon + 1h + 30 * 24h},
      {"A49-A51: 90 days after its last message", std::nullopt, true, noon + 90 * 24h},
      {"a filtered one that was deleted goes by its deletion", noon + 1h, true, noon + 1h + 30 * 24h},
      {"even where it was deleted late", noon + 89 * 24h, true, noon + 119 * 24h},
  };
  for (const auto& one : table) {
    conversation of;
    of.created_at = noon - 24h;
    of.last_message_at = noon;
    of.deleted_at = one.deleted_at;
    of.spam = one.spam;
    EXPECT_EQ(due_to_purge(of), one.due) << one.what;
    of.status = conversation_status::closed;
    EXPECT_EQ(due_to_purge(of), one.due) << one.what << ", open or closed";
  }
}

TEST(Retention, A62_ADeletedInboxTakesAlongWhatIsntDeletedOrFilteredAnyway) {
  for (const auto in : {list_class::assigned, list_class::unassigned, list_class::waiting, list_class::closed_assigned,
                        list_class::closed_unassigned}) {
    class_counts counts{};
    counts[static_cast<std::size_t>(in)] = 1;
    EXPECT_TRUE(wants_closing(counts));
  }
  class_counts rest{};
  EXPECT_FALSE(wants_closing(rest));
  for (const auto in : {list_class::spam, list_class::deleted, list_class::hidden}) rest[static_cast<std::size_t>(in)] = 7;
  EXPECT_FALSE(wants_closing(rest));
}

}  // namespace
}  // namespace signalbox
