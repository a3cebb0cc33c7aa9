// Commits until it is killed, and says after each commit how many it made: `store_writer DIRECTORY SEED [overlapping]`.
#include <unistd.h>

#include <cstdlib>

#include "storage/rocks_store.hpp"
#include "tests/storage/overlapping_commits.hpp"
#include "tests/storage/workload.hpp"

namespace {

std::uint64_t commits = 0;

void say_one_more() {
  ++commits;
  if (write(STDOUT_FILENO, &commits, sizeof commits) != sizeof commits) _exit(1);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3 && count != 4) return 2;
  const bool overlapping = count == 4;
  const auto store = signalbox::open_rocks_store(
      {.directory = arguments[1], .memtable_bytes = std::size_t{1} << 20, .overlapping = overlapping});
  signalbox::testing::workload work{std::strtoull(arguments[2], nullptr, 10), 5};
  if (overlapping) {
    for (signalbox::testing::overlapping_commits all{*store, say_one_more};;)
      all.add({work.next(), work.next(), work.next(), work.next()});
  }
  for (;;) {
    work.commit(*store, 4);
    say_one_more();
  }
}
