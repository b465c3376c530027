#pragma once

#include "db/database.h"

#include <memory>
#include <string>

namespace koppla::db {

/// A file whose lock tells who works with it: one descriptor of one process, until it is closed or dies.
class FileLock final : public Lock {
  public:
    /// Makes the file where it isn't there. `conflict` where another holds its lock.
    static Result<std::unique_ptr<FileLock>> take(const std::string& file);
    ~FileLock() override;
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }

  private:
    explicit FileLock(int descriptor) : descriptor_{descriptor} {}

    int descriptor_;
};

}  // namespace koppla::db
