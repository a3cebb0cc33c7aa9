#include "actors/views.hpp"

#include <caf/send.hpp>
#include <map>
#include <tuple>

#include "actors/conversation_reader.hpp"
#include "actors/directory.hpp"
#include "actors/hosting.hpp"
#include "actors/pending_ticks.hpp"
#include "storage/list_counts.hpp"

namespace signalbox {

namespace {

/// A view takes at most one part in so many of the time that passes.
constexpr std::uint64_t rest_for_work = 5;

struct views_state {
  static constexpr const char* name = "views";
  static constexpr actor_role role = actor_role::views;

  struct watcher {
    session_key session;
    std::uint32_t watch;
    user_id user;
    std::shared_ptr<view_port> port;
  };
  /// One picture for all who watch the same: `mine` is each user's own.
  struct picture_key {
    watched_view what;
    std::optional<user_id> mine;
    [[nodiscard]] auto order() const { return std::tuple{what.inbox, what.view, what.status, mine}; }
    bool operator<(const picture_key& other) const { return order() < other.order(); }
  };
  struct watched {
    std::vector<watcher> by;
    view_pointer last;  ///< null: not looked at yet
  };
  struct watched_inbox {
    std::map<picture_key, watched> views;
    bool dirty = true;
    bool reading = false;
    std::uint64_t began_ns = 0;  ///< when it was last looked at
    std::uint64_t rests_until_ns = 0;
  };

  views_actor::pointer self;
  environment& env;
  account_id account;
  config_snapshot config;
  std::map<inbox_id, watched_inbox> inboxes;
  std::map<session_key, std::size_t> watches_of;  ///< how many
  std::uint64_t life = 0;                         ///< what was read for an earlier one is not shown
  pending_ticks ticks;

  views_state(views_actor::pointer handle, environment& given, account_id of)
      : self(handle), env(given), account(of), config(given.directory->configuration(of)) {}

  static views_actor::behavior_type behavior() {
    static const views_actor::behavior_type shared{
        handler([](views_state& me, watch_view& m) { me.watch(m); }),
        handler([](views_state& me, const unwatch_view& m) { me.unwatch(m); }),
        handler([](views_state& me, const inbox_changed& m) { me.changed(m.which); }),
        handler([](views_state& me, views_read& m) { me.show(m); }),
        handler([](views_state& me, const config_changed& m) { me.configure(m.config); }),
        handler([](views_state& me, const tick&) { me.on_tick(); }),
    };
    return shared;
  }

  void restart() {
    ++life;
    for (auto& [id, one] : inboxes) {
      one.reading = false;
      one.dirty = true;
    }
    look();
  }

  void watch(watch_view& m) {
    if (auto no = refuse_watch(*config, m.user, m.what.inbox)) return m.then->give(std::move(*no));
    auto& count = watches_of[m.session];
    if (count >= session_watches_max)
      return m.then->give(refuse(refusal_code::conflict, "this socket watches as many views as it may"));
    ++count;
    m.then->give(done{});
    picture_key key{m.what, m.what.view == view::mine ? std::optional{m.user} : std::nullopt};
    auto& inbox = inboxes[m.what.inbox];
    auto& view = inbox.views[key];
    view.by.push_back({m.session, m.watch, m.user, std::move(m.port)});
    if (view.last) return view.by.back().port->show(m.watch, view.last);
    inbox.dirty = true;
    look();
  }

  /// Takes away who `ends` says, and what nobody watches any more.
  template <class Ends>
  void remove_if(Ends&& ends) {
    for (auto inbox = inboxes.begin(); inbox != inboxes.end();) {
      auto& views = inbox->second.views;
      for (auto view = views.begin(); view != views.end();) {
        std::erase_if(view->second.by, [&](const watcher& one) {
          if (!ends(inbox->first, one)) return false;
          if (const auto count = watches_of.find(one.session); count != watches_of.end() && --count->second == 0)
            watches_of.erase(count);
          return true;
        });
        view = view->second.by.empty() ? views.erase(view) : std::next(view);
      }
      inbox = views.empty() ? inboxes.erase(inbox) : std::next(inbox);
    }
  }

  void unwatch(const unwatch_view& m) {
    remove_if([&](inbox_id, const watcher& one) { return one.session == m.session && (!m.watch || one.watch == *m.watch); });
    if (!m.watch) watches_of.erase(m.session);
  }

  void configure(const config_snapshot& next) {
    if (next->revision < config->revision) return;
    config = next;
    remove_if([&](inbox_id inbox, const watcher& one) {
      auto no = refuse_watch(*config, one.user, inbox);
      if (no) one.port->end(one.watch, std::move(*no));
      return no.has_value();
    });
  }

  void changed(inbox_id which) {
    const auto found = inboxes.find(which);
    if (found == inboxes.end()) return;
    found->second.dirty = true;
    look();
  }

  void on_tick() {
    ticks.came(env.now_ns());
    look();
  }

  /// Looks at what is dirty and has rested; plans to come back for the rest.
  void look() {
    const auto now_ns = env.now_ns();
    for (auto& [id, one] : inboxes) {
      if (!one.dirty || one.reading) continue;
      if (one.rests_until_ns <= now_ns) {
        read(id, one);
        continue;
      }
      const std::chrono::nanoseconds left{one.rests_until_ns - now_ns};
      if (const auto wait = ticks.ask(now_ns, std::chrono::ceil<milliseconds>(left))) self->delayed_send(self, *wait, tick{});
    }
  }

  void read(inbox_id id, watched_inbox& of) {
    of.dirty = false;
    const auto inbox = env.directory->inbox(account, id);
    if (!inbox) return;  // deleted a moment ago: the next configuration ends who watches it
    of.reading = true;
    of.began_ns = env.now_ns();
    const auto me = caf::actor_cast<views_actor>(self);
    // Before it is read, so that what is committed later is told.
    self->send(*inbox, tell_change{me});
    std::vector<std::pair<picture_key, list_wanted>> wanted;
    for (const auto& [key, view] : of.views) wanted.emplace_back(key, list_of(key));
    auto read = [&env = env, me, life = life, account = account, id, wanted = std::move(wanted)] {
      views_read out;
      out.life = life;
      out.inbox = id;
      try {
        const auto counts = counts_of(read_list_counts(env.disk, account, id));
        for (const auto& [key, list] : wanted) {
          auto found = list_conversations(env.disk, account, list);
          auto* page = std::get_if<list_page>(&found);
          if (!page) continue;
          auto picture = std::make_shared<view_picture>();
          picture->rows = std::move(page->items);
          picture->counts = counts;
          out.pictures.push_back({key.what, key.mine, std::move(picture)});
        }
      } catch (const std::exception& broken) {
        env.fatal(broken.what());
        return;
      }
      caf::anon_send(me, std::move(out));
    };
    // Read when the INBOX lets go of it: also one that was restarted and will never say that it is ready.
    const std::shared_ptr<void> barrier(nullptr, [&env = env, read = std::move(read)](void*) { env.read_aside(read); });
    self->send(*inbox, prepare_read{std::nullopt, [barrier] {}});
  }

  [[nodiscard]] static list_wanted list_of(const picture_key& key) {
    list_wanted out;
    out.inboxes = {key.what.inbox};
    out.status = key.what.status;
    out.assignee = key.mine;
    out.unassigned = key.what.view == view::unassigned;
    out.waiting = key.what.view == view::waiting;
    out.spam = key.what.view == view::spam;
    out.deleted = key.what.view == view::deleted;
    out.limit = view_rows_max;
    return out;
  }

  void show(views_read& m) {
    const auto found = inboxes.find(m.inbox);
    if (m.life != life || found == inboxes.end()) return;
    auto& inbox = found->second;
    inbox.reading = false;
    const auto took = env.now_ns() - inbox.began_ns;
    const auto rest = std::max<std::uint64_t>(std::chrono::nanoseconds{view_rendered_every}.count(), took * rest_for_work);
    inbox.rests_until_ns = inbox.began_ns + rest;
    for (auto& one : m.pictures) {
      const auto view = inbox.views.find(picture_key{one.what, one.mine});
      if (view == inbox.views.end()) continue;
      auto& last = view->second.last;
      if (last && *last == *one.now) continue;
      last = std::move(one.now);
      for (const auto& who : view->second.by) who.port->show(who.watch, last);
    }
    // Who came while it was read.
    for (const auto& [key, view] : inbox.views)
      if (!view.last) inbox.dirty = true;
    look();
  }
};

}  // namespace

views_actor spawn_views(caf::actor_system& system, environment& env, account_id of) {
  return system.spawn<hosted_actor<views_actor, views_state>>(env, of);
}

}  // namespace signalbox
