#pragma once

#include "db/database.h"
#include "db/postgres/connection.h"
#include "db/postgres/copy_rows.h"

#include <memory>
#include <string>

namespace koppla::db::postgres {

/// Rows by binary COPY, sent a page at a time. Another statement in between ends the COPY, and the next rows
/// begin a new one.
class Loader final : public db::Loader, private Occupant {
  public:
    /// `quoted_table` as it stands in SQL.
    Loader(std::shared_ptr<Connection> connection, std::string_view quoted_table,
           std::span<const LoaderColumn> columns);
    ~Loader() override;
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;

    Result<void> append(const model::Batch& batch) override;
    Result<std::int64_t> finish() override;

  private:
    void make_way() override;
    Result<void> open();
    Result<void> close();
    Result<void> send();

    std::shared_ptr<Connection> connection_;
    std::string sql_;
    std::size_t width_;
    CopyRows rows_;
    bool is_open_ = false;
    std::optional<Error> failed_;
};

}  // namespace koppla::db::postgres
