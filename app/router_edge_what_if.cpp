// What another assignment rule would have done.
#include <boost/asio/post.hpp>

#include "actors/what_if_reader.hpp"
#include "app/edge_answers.hpp"
#include "app/router_edge.hpp"
#include "storage/presence_history.hpp"

namespace signalbox {

namespace {

static_assert(what_if_reach <= presence_kept);

/// The configuration as if the rule had been saved, or what saving it would have been refused with.
outcome<account_config> with_rule(const account_config& config, const principal& by, const what_if_query& query,
                                  environment& env) {
  change_context context;
  context.by = by;
  context.now = env.now();
  context.make_id = [&env] { return env.next_id(); };
  context.email_in_use = [](const std::string&) { return false; };
  context.zones = env.zones;
  auto applied = apply(config, set_assignment{query.channel, query.rule, {}}, context);
  if (auto* no = std::get_if<refusal>(&applied)) {
    for (auto& one : no->errors) one.pointer.insert(0, "/assignment");
    return std::move(*no);
  }
  return std::move(std::get<applied_change>(applied).config);
}

what_if_answer replayed(const account_config& changed, channel_id which, what_came came, const time_zones* zones) {
  what_if_answer out;
  out.from = came.period.from;
  out.to = came.period.to;
  out.truncated = came.truncated;
  out.what_if = what_if(changed, which, came.period, zones);
  out.actual = std::move(came.actual);
  const auto& rule = changed.channels.find(which)->assignment;
  const auto named = members_of(changed, rule.assign_to == assign_to::specific ? rule.candidates : rule.fallback);
  out.actual_figures = figures_of(out.actual, named);
  out.what_if_figures = figures_of(out.what_if, named);
  return out;
}

}  // namespace

void router_edge::ask_what_if(const principal& by, what_if_query query, reply<what_if_answer> then) {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  auto changed = with_rule(*std::get<0>(asked).first, by, query, env_);
  if (auto* no = std::get_if<refusal>(&changed)) return then(std::move(*no));
  if (auto no = refuse_what_if_period(query.from, query.to, env_.now())) return then(std::move(*no));
  auto place = what_if_places_.take();
  if (!place) return then(refuse(refusal_code::rate_limited, "too many of these are waiting; try again in a minute"));
  boost::asio::post(what_ifs_, [this, config = std::move(std::get<account_config>(changed)), query = std::move(query),
                                then = std::move(then), place = std::move(place)] {
    read_and_reply(env_, then, [&]() -> outcome<what_if_answer> {
      auto came = read_what_came(env_.disk, config, query.channel, query.from, query.to);
      if (auto* no = std::get_if<refusal>(&came)) return std::move(*no);
      return replayed(config, query.channel, std::move(std::get<what_came>(came)), env_.zones);
    });
  });
}

}  // namespace signalbox
