#include "storage/direct_files.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace signalbox {

bool takes_direct_files(const std::filesystem::path& directory) {
  const int opened = ::open(directory.c_str(), O_TMPFILE | O_WRONLY | O_DIRECT | O_CLOEXEC, 0600);
  if (opened < 0) return false;
  ::close(opened);
  return true;
}

}  // namespace signalbox
