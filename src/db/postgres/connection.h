#pragma once

#include "base/call.h"
#include "db/postgres/connecting.h"
#include "db/value.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct pg_conn;
struct pg_result;

namespace koppla::db::postgres {

struct ClearAnswer {
    void operator()(pg_result* result) const;
};
/// What the server answered to one statement, or one row of it.
using Answer = std::unique_ptr<pg_result, ClearAnswer>;

/// Something that is under way on a connection: rows that are still to come, or rows that are being sent.
class Occupant {
  public:
    virtual ~Occupant() = default;
    /// Brings it to an end, so that the connection can take another statement; what is needed of it is kept.
    virtual void make_way() = 0;
};

/// One connection to the server, set up for a store: its schema first, UTC, UTF-8. One thread at a time. It
/// waits without blocking: a stop of the served call cancels the statement on the server.
class Connection final {
  public:
    /// `unsupported` for a server before version 13 or a database that isn't in UTF-8.
    static Result<std::unique_ptr<Connection>> open(const Server& server, const Call& call);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] const std::string& place() const { return place_; }
    [[nodiscard]] const Call& call() const { return call_; }
    void serve(const Call& call);

    /// Whether the server was there when it was last heard of; notices one that has closed the connection
    /// since.
    [[nodiscard]] bool is_alive() const;
    [[nodiscard]] bool is_in_transaction() const;
    [[nodiscard]] bool has_failed() const;  ///< the transaction: only its end is left

    /// Statements without parameters, several of them too; rows that the last one changed.
    Result<std::int64_t> run(std::string_view sql);
    /// One statement.
    Result<std::int64_t> run(std::string_view sql, std::span<const Parameter> parameters);
    /// One statement whose first column of the first row is wanted; nothing where there is no row.
    Result<std::optional<std::string>> value(std::string_view sql,
                                             std::span<const Parameter> parameters = {});

    /// Begins a statement whose rows come one by one, by `receive`; whoever reads them is the occupant.
    Result<void> begin_rows(std::string_view sql, std::span<const Parameter> parameters);
    /// The next answer, waited for; null: the statement is over.
    Result<Answer> receive();
    /// Begins sending rows by a COPY statement, and ends that: how many the server took.
    Result<void> begin_copy(std::string_view sql);
    Result<void> send_copy(std::string_view bytes);
    Result<std::int64_t> end_copy();

    void occupy(Occupant& occupant) { occupant_ = &occupant; }
    void vacate(const Occupant& occupant) {
        if (occupant_ == &occupant) occupant_ = nullptr;
    }
    /// It is out of step with the server, and isn't used any more.
    void abandon() { is_broken_ = true; }
    [[nodiscard]] Error failure(const pg_result* answer, std::string_view attempted) const;

  private:
    Connection(pg_conn* handle, std::string place);
    Result<void> connect(const Call& call);
    Result<void> set_up(const Server& server);
    Result<void> send(std::string_view sql, std::span<const Parameter> parameters);
    Result<void> begin(std::string_view sql);
    Result<void> flush();
    Result<void> await(short events);
    Result<std::int64_t> collect();
    void cancel();
    [[nodiscard]] Error lost() const;

    pg_conn* handle_;
    std::string place_;
    std::string attempted_;  ///< the statement under way, shortened
    Call call_;
    int wake_;  ///< becomes readable when the served call is stopped
    std::optional<std::stop_callback<std::function<void()>>> on_stop_;
    bool is_cancelled_ = false;
    bool is_broken_ = false;  ///< out of step with the server: not to be used any more
    Occupant* occupant_ = nullptr;
};

}  // namespace koppla::db::postgres
