#pragma once

#include "db/database.h"
#include "db/postgres/connection.h"
#include "db/postgres/loader.h"
#include "db/postgres/pool.h"

#include <memory>
#include <string>

namespace koppla::db::postgres {

/// An unlogged table in the store's schema, filled through a connection of its own that holds the name's
/// advisory lock. Its note lies in another unlogged table: a server that crashes empties both, and then
/// nothing is believed. Each `keep` is a transaction.
class Staging final : public db::Staging {
  public:
    static Result<std::unique_ptr<db::Staging>> begin(Pool& pool, std::string_view name,
                                                      std::span<const LoaderColumn> columns);
    static Result<void> discard(Pool& pool, std::string_view name);
    ~Staging() override;
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    [[nodiscard]] std::string name() const override;
    [[nodiscard]] std::string kept() const override { return note_; }
    Result<void> append(const model::Batch& batch) override;
    Result<void> keep(std::string_view note) override;
    Result<std::int64_t> finish() override;
    void discard() override { is_discarded_ = true; }

  private:
    Staging(std::shared_ptr<Connection> connection, std::string table)
        : connection_{std::move(connection)}, table_{std::move(table)} {}
    static Result<std::unique_ptr<Staging>> lock(Pool& pool, std::string_view name);
    Result<void> open(std::span<const LoaderColumn> columns);
    Result<bool> find_kept(const std::string& columns_sql);
    Result<void> start_over(const std::string& columns_sql);
    Result<void> begin_rows();
    Result<void> write_note(std::string_view note, std::int64_t rows);
    [[nodiscard]] Result<void> check_open() const;

    std::shared_ptr<Connection> connection_;
    std::string table_;
    std::vector<LoaderColumn> columns_;
    std::unique_ptr<Loader> loader_;
    std::string note_;
    std::int64_t rows_ = 0;      ///< kept
    std::int64_t appended_ = 0;  ///< since the last keep
    bool is_discarded_ = false;
};

}  // namespace koppla::db::postgres
