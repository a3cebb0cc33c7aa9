// What only the server's operator may ask for.
#include <boost/asio/post.hpp>

#include "app/edge_answers.hpp"
#include "app/router_edge.hpp"
#include "storage/rocks_store.hpp"

namespace signalbox {

void router_edge::back_up(const principal& by, std::string directory, reply<backup_taken> then) {
  if (!by.is_operator()) return then(refuse(refusal_code::access_denied, "only the server's operator may take backups"));
  if (backing_up_.exchange(true)) return then(refuse(refusal_code::conflict, "another backup is being taken"));
  const auto began = env_.now();
  boost::asio::post(workers_, [this, began, directory = std::move(directory), then = std::move(then)] {
    const auto take = [&]() -> outcome<backup_taken> {
      try {
        const auto made = backup_store(env_.disk, directory);
        env_.log(severity::info, "backed up in " + directory);
        return backup_taken{directory, made.commit, made.bytes, began};
      } catch (const storage_refused& no) {
        return refuse(refusal_code::conflict, no.what());
      } catch (const storage_error& failed) {
        // Most likely the copy's place, not the store's: were it that, the next commit would say so and end the server.
        env_.log(severity::error, failed.what());
        return refuse(refusal_code::conflict, failed.what());
      } catch (const std::exception& thrown) {
        env_.log(severity::error, std::string{"a backup failed: "} + thrown.what());
        return refuse(refusal_code::internal, "the server could not take a backup");
      }
    };
    auto taken = take();
    backing_up_ = false;
    then(std::move(taken));
  });
}

}  // namespace signalbox
