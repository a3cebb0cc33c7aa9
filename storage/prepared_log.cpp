#include "storage/prepared_log.hpp"

#include <fcntl.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace signalbox {
namespace {

constexpr std::uint64_t prepared_bytes = 256 << 10;
constexpr std::size_t block_bytes = 4 << 10;
/// Writing so much takes longer than what its new blocks cost; zeros before it would only be written twice.
constexpr std::size_t large_bytes = 64 << 10;

/// One log. Its one writer calls everything but what syncs.
class prepared_log final : public rocksdb::FSWritableFileOwnerWrapper {
public:
  /// Takes `opened`, a second descriptor of the same file.
  prepared_log(std::unique_ptr<rocksdb::FSWritableFile>&& file, int opened)
      : FSWritableFileOwnerWrapper(std::move(file)), opened_(opened) {}
  prepared_log(const prepared_log&) = delete;
  prepared_log& operator=(const prepared_log&) = delete;
  ~prepared_log() override { release(); }

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    prepare(data.size());
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& verification, rocksdb::IODebugContext* debug) override {
    prepare(data.size());
    return FSWritableFileOwnerWrapper::Append(data, options, verification, debug);
  }
  rocksdb::IOStatus Close(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    release();
    return FSWritableFileOwnerWrapper::Close(options, debug);
  }

  // Blocks that RocksDB would reserve without writing them are new to the disk all the same.
  void SetPreallocationBlockSize(std::size_t) override {}
  void PrepareWrite(std::size_t, std::size_t, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {}

private:
  /// Before `bytes` are written. A disk that is too full for zeros may still do for them.
  void prepare(std::size_t bytes) {
    written_ += bytes;
    if (written_ <= prepared_ || bytes >= large_bytes) return;
    static const std::array<char, 64 << 10> zeros{};
    const auto end = (written_ + prepared_bytes) / block_bytes * block_bytes;
    prepared_ = written_;
    while (prepared_ < end) {
      const auto now = std::min<std::uint64_t>(zeros.size(), end - prepared_);
      const auto done = ::pwrite(opened_, zeros.data(), now, static_cast<off_t>(prepared_));
      if (done <= 0) return;
      prepared_ += static_cast<std::uint64_t>(done);
    }
  }

  void release() {
    if (opened_ < 0) return;
    // Not done, or gone in a power cut: zeros stay.
    if (prepared_ > written_) static_cast<void>(::ftruncate(opened_, static_cast<off_t>(written_)) == 0);
    ::close(std::exchange(opened_, -1));
  }

  int opened_;
  std::uint64_t written_ = 0;
  std::uint64_t prepared_ = 0;
};

class file_system final : public rocksdb::FileSystemWrapper {
public:
  file_system() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  [[nodiscard]] const char* Name() const override { return "signalbox.prepared_logs"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file, rocksdb::IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (!status.ok() || !std::string_view{name}.ends_with(".log")) return status;
    if (const int opened = ::open(name.c_str(), O_WRONLY | O_CLOEXEC); opened >= 0)
      *file = std::make_unique<prepared_log>(std::move(*file), opened);
    return status;
  }
};

}  // namespace

rocksdb::Env& env_with_prepared_logs() {
  // Never destroyed: RocksDB's threads may outlive what is static.
  static auto& env = *rocksdb::NewCompositeEnv(std::make_shared<file_system>()).release();
  return env;
}

}  // namespace signalbox
