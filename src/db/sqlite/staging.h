#pragma once

#include "db/database.h"
#include "db/sqlite/file_lock.h"
#include "db/sqlite/pool.h"

#include <memory>
#include <string>

namespace koppla::db {

/// A scratch file beside the store, filled through a connection of its own so that the store isn't locked
/// while rows arrive; `finish` closes that and hands the file to the pool. Its lock tells a file in use from
/// one that a killed run left behind. It is never synced: its rollback journal survives a killed process, and
/// the boot that is noted in it tells when the machine was restarted since, after which nothing is believed.
class SqliteStaging final : public Staging {
  public:
    static Result<std::unique_ptr<Staging>> begin(std::shared_ptr<Pool> pool, std::string_view name,
                                                  std::span<const LoaderColumn> columns);
    static Result<void> discard(std::shared_ptr<Pool> pool, std::string_view name);
    ~SqliteStaging() override;
    SqliteStaging(const SqliteStaging&) = delete;
    SqliteStaging& operator=(const SqliteStaging&) = delete;

    [[nodiscard]] std::string name() const override;
    [[nodiscard]] std::string kept() const override { return note_; }
    Result<void> append(const model::Batch& batch) override;
    Result<void> keep(std::string_view note) override;
    Result<std::int64_t> finish() override;
    void discard() override { is_discarded_ = true; }

  private:
    SqliteStaging(std::shared_ptr<Pool> pool, std::string schema, std::string file,
                  std::unique_ptr<FileLock> lock)
        : pool_{std::move(pool)},
          schema_{std::move(schema)},
          file_{std::move(file)},
          lock_{std::move(lock)} {}
    static Result<std::unique_ptr<SqliteStaging>> lock(std::shared_ptr<Pool> pool, std::string_view name);
    Result<void> open(std::span<const LoaderColumn> columns);
    Result<bool> find_kept(const std::string& table_sql);
    Result<void> start_over(const std::string& table_sql);
    Result<void> make_loader(std::span<const LoaderColumn> columns);

    std::shared_ptr<Pool> pool_;
    std::string schema_;
    std::string file_;
    std::unique_ptr<FileLock> lock_;
    std::shared_ptr<Connection> scratch_;
    std::unique_ptr<Loader> loader_;
    std::string note_;
    std::int64_t rows_ = 0;
    bool is_discarded_ = false;
};

}  // namespace koppla::db
