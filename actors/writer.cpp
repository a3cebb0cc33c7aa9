#include "actors/writer.hpp"

#include "actors/hosting.hpp"
#include "storage/store.hpp"

namespace signalbox {

namespace {

struct writer_state {
  static constexpr const char* name = "writer";
  static constexpr actor_role role = actor_role::journal;  // a part of it

  environment& env;

  writer_state(writer_actor::pointer, environment& given) : env(given) {}

  static writer_actor::behavior_type behavior() {
    static const writer_actor::behavior_type shared{handler([](writer_state& me, const write_prepared& m) { me.write(m); })};
    return shared;
  }

  void restart() const {}  // keeps nothing

  void write(const write_prepared& m) const {
    try {
      env.disk.write(*m.what, m.let_next, m.durable);
    } catch (const std::exception& failed) {
      m.failed(failed.what());
    }
  }
};

}  // namespace

writer_actor spawn_writer(caf::actor_system& system, environment& env, bool detached) {
  using hosted = hosted_actor<writer_actor, writer_state>;
  return detached ? system.spawn<hosted, caf::detached>(env) : system.spawn<hosted>(env);
}

}  // namespace signalbox
