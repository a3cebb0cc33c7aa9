#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

class Conversations : public api_rig {
protected:
  using list = std::vector<std::string>;

  Conversations() {
    found.id = conversation_id{5};
    found.inbox = acme.inbox;
    found.channel = acme.first;
    found.contact = contact_id{9};
    found.thread = "order-1";
    found.version = 3;
  }
  conversation found;
};

TEST_F(Conversations, AreListedByEveryFilter) {
  conversation_query seen;
  edge.on_list_conversations = [&](const principal& by, const conversation_query& query) {
    EXPECT_EQ(by.user, acme.ben);
    seen = query;
    return outcome<page<conversation>>{page<conversation>{{found}, "opaque \"next\""}};
  };
  const auto some = as_ben("GET", "/v1/conversations");
  EXPECT_EQ(some.status(), 200);
  EXPECT_EQ(some.at("/items/0/id"), to_text(found.id));
  EXPECT_EQ(some.at("/items/0/thread"), "order-1");
  EXPECT_EQ(some.at("/next"), "opaque \"next\"");
  EXPECT_EQ(seen.limit, 50u);
  EXPECT_EQ(seen.view, view::all);
  EXPECT_EQ(seen.after, "");
  EXPECT_FALSE(seen.inbox || seen.status || seen.assignee || seen.channel || seen.contact);

  as_ben("GET", "/v1/conversations?limit=7&after=x%y&view=waiting&status=closed&inbox=" + to_text(acme.inbox) +
                    "&assignee=" + to_text(acme.ada) + "&channel=" + to_text(acme.second) + "&contact=" + to_text(contact_id{9}));
  EXPECT_EQ(seen.limit, 7u);
  EXPECT_EQ(seen.after, "x%y");
  EXPECT_EQ(seen.view, view::waiting);
  EXPECT_EQ(seen.status, conversation_status::closed);
  EXPECT_EQ(seen.inbox, acme.inbox);
  EXPECT_EQ(seen.assignee, acme.ada);
  EXPECT_EQ(seen.channel, acme.second);
  EXPECT_EQ(seen.contact, contact_id{9});
}

TEST_F(Conversations, A45_EveryViewHasItsWord) {
  view seen{};
  edge.on_list_conversations = [&](const principal&, const conversation_query& query) {
    seen = query.view;
    return outcome<page<conversation>>{page<conversation>{}};
  };
  for (const auto& [word, wanted] :
       {std::pair{"all", view::all}, std::pair{"mine", view::mine}, std::pair{"unassigned", view::unassigned},
        std::pair{"waiting", view::waiting}, std::pair{"spam", view::spam}, std::pair{"deleted", view::deleted}}) {
    const auto some = as_ben("GET", std::string{"/v1/conversations?view="} + word);
    EXPECT_EQ(seen, wanted) << word;
    EXPECT_EQ(some.answer.body, R"({"items":[],"next":null})");
  }
}

TEST_F(Conversations, WrongFiltersAreNamed) {
  EXPECT_EQ(as_ben("GET", "/v1/conversations?limit=0&inbox=x&view=odd&status=half&assignee=me&channel=&contact=ctc_").pointers(),
            (list{"/limit", "/inbox", "/view", "/status", "/assignee", "/channel", "/contact"}));
  EXPECT_EQ(as_ben("GET", "/v1/conversations?after=" + std::string(300, 'x')).pointers(), list{"/after"});
}

TEST_F(Conversations, OneIsRead) {
  edge.on_read_conversation = [&](const principal&, conversation_id which) -> outcome<conversation> {
    if (which == found.id) return found;
    return refuse(refusal_code::not_found, "there is no such conversation");
  };
  const auto one = as_ben("GET", path("/v1/conversations/", found.id));
  EXPECT_EQ(one.at("/id"), to_text(found.id));
  EXPECT_EQ(one.at("/assignee"), "null");
  EXPECT_EQ(one.header("etag"), "\"3\"");
  EXPECT_EQ(as_ben("GET", path("/v1/conversations/", conversation_id{6})).status(), 404);
  EXPECT_EQ(as_ben("GET", "/v1/conversations/nonsense").status(), 404);
}

TEST_F(Conversations, HistoryIsPagedBySeq) {
  std::size_t limit = 0;
  std::uint64_t after = 99;
  edge.on_read_history = [&](const principal&, conversation_id, std::size_t most, std::uint64_t seq) {
    limit = most;
    after = seq;
    page<history_entry> some;
    for (std::uint64_t i = 1; i <= 2; ++i) {
      history_entry one;
      one.what.kind = i == 1 ? event_kind::message : event_kind::status;
      one.what.seq = seq + i;
      one.what.message = message_id{seq + i};
      one.what.body = R"("from":{"id":"v"},"text":"hello")";
      some.items.push_back(one);
    }
    if (seq == 0) some.next = "anything";
    return outcome<page<history_entry>>{some};
  };
  const auto first = as_ben("GET", path("/v1/conversations/", found.id, "/history"));
  EXPECT_EQ(limit, 50u);
  EXPECT_EQ(after, 0u);
  EXPECT_EQ(first.at("/items/0/text"), "hello");
  EXPECT_EQ(first.at("/items/0/type"), "message");
  EXPECT_EQ(first.at("/items/1/type"), "status");
  EXPECT_EQ(first.at("/next"), "2");
  const auto second = as_ben("GET", path("/v1/conversations/", found.id, "/history?limit=3&after=2"));
  EXPECT_EQ(limit, 3u);
  EXPECT_EQ(after, 2u);
  EXPECT_EQ(second.at("/next"), "null");
  for (const auto* wrong : {"x", "-1", "1.5", "99999999999999999999"})
    EXPECT_EQ(as_ben("GET", path("/v1/conversations/", found.id, std::string{"/history?after="} + wrong)).pointers(),
              list{"/after"})
        << wrong;
  EXPECT_EQ(as_ben("GET", "/v1/conversations/x/history").status(), 404);
}

TEST_F(Conversations, DecisionsSayWhy) {
  edge.on_read_decisions = [&](const principal&, conversation_id) {
    decision_entry one;
    one.conversation = found.id;
    one.why.channel = acme.first;
    one.why.seen.push_back({acme.ben, 5, exclusion::at_capacity});
    one.why.excluded[exclusion::at_capacity] = 1;
    one.why.result = decision_result::waiting;
    return outcome<std::vector<decision_entry>>{std::vector{one, one}};
  };
  const auto why = as_ben("GET", path("/v1/conversations/", found.id, "/decisions"));
  EXPECT_EQ(why.body().at("items").as_array().size(), 2u);
  EXPECT_EQ(why.at("/items/0/result"), "waiting");
  EXPECT_EQ(why.at("/items/0/seen/0/rule"), "A33");
  EXPECT_EQ(why.at("/next"), "null");
  EXPECT_EQ(as_ben("GET", "/v1/conversations/x/decisions").status(), 404);
}

TEST_F(Conversations, ADecisionsChanceIsATextThatHoldsAllOfIt) {
  edge.on_read_decisions = [&](const principal&, conversation_id) {
    decision_entry drawn;
    drawn.conversation = found.id;
    drawn.why.strategy = strategy::random;
    drawn.why.chance = 18446744073709551615u;  // beyond 2^53 JavaScript rounds numbers
    decision_entry balanced = drawn;
    balanced.why.strategy = strategy::balanced;
    return outcome<std::vector<decision_entry>>{std::vector{drawn, balanced}};
  };
  const auto why = as_ben("GET", path("/v1/conversations/", found.id, "/decisions"));
  EXPECT_EQ(why.body().at("items").at(0).at("chance"), "18446744073709551615");
  EXPECT_TRUE(why.body().at("items").at(1).at("chance").is_null());
}

TEST_F(Conversations, DecisionsSayWhyNotMe) {
  edge.on_read_decisions = [&](const principal&, conversation_id) {
    decision_entry one;
    one.conversation = found.id;
    one.why.candidates = 2;
    one.why.chosen = acme.ada;
    one.why.seen = {{acme.ada, 1, std::nullopt}, {acme.ben, 5, exclusion::at_capacity}};
    decision_entry two = one;
    two.why.seen.back() = {acme.ben, 3, std::nullopt};
    return outcome<std::vector<decision_entry>>{std::vector{one, two}};
  };
  const auto decisions = path("/v1/conversations/", found.id, "/decisions");
  const auto why = as_ben("GET", decisions + "?user=" + to_text(acme.ben));
  EXPECT_EQ(why.status(), 200);
  EXPECT_EQ(why.at("/items/0/about/user"), to_text(acme.ben));
  EXPECT_EQ(why.at("/items/0/about/outcome"), "excluded");
  EXPECT_EQ(why.at("/items/0/about/why"), "at_capacity");
  EXPECT_EQ(why.at("/items/0/about/rule"), "A33");
  EXPECT_EQ(why.at("/items/0/about/open"), "5");
  EXPECT_EQ(why.at("/items/0/about/chosen_open"), "null");
  EXPECT_EQ(why.at("/items/0/seen/0/user"), to_text(acme.ada)) << "the decision itself stands beside it";
  EXPECT_EQ(why.at("/items/1/about/outcome"), "passed_over");
  EXPECT_EQ(why.at("/items/1/about/why"), "null");
  EXPECT_EQ(why.at("/items/1/about/open"), "3");
  EXPECT_EQ(why.at("/items/1/about/chosen_open"), "1");
  EXPECT_FALSE(as_ben("GET", decisions).body().at("items").at(0).as_object().contains("about"));

  const auto foreign = as_ben("GET", decisions + "?user=" + to_text(user_id{987654}));
  EXPECT_EQ(foreign.status(), 404);
  EXPECT_EQ(foreign.at("/code"), "not_found");
  EXPECT_EQ(as_ben("GET", decisions + "?user=ben").status(), 422);
}

}  // namespace

}  // namespace signalbox
