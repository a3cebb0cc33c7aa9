// Commits until it is killed, and says after each commit how many it made: `store_writer DIRECTORY SEED`.
#include <unistd.h>

#include <cstdlib>

#include "storage/rocks_store.hpp"
#include "tests/storage/workload.hpp"

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const auto store = signalbox::open_rocks_store({.directory = arguments[1], .memtable_bytes = std::size_t{1} << 20});
  signalbox::testing::workload work{std::strtoull(arguments[2], nullptr, 10), 5};
  for (std::uint64_t commits = 1;; ++commits) {
    work.commit(*store, 4);
    if (write(STDOUT_FILENO, &commits, sizeof commits) != sizeof commits) return 1;
  }
}
