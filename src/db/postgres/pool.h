#pragma once

#include "base/guarded.h"
#include "db/postgres/connection.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace koppla::db::postgres {

/// The connections to one store: made when they are needed, and a few kept when they are idle. What is lent
/// comes back by itself; what a dead server leaves behind is noticed and made anew. Thread-safe.
class Pool final : public std::enable_shared_from_this<Pool> {
  public:
    explicit Pool(Server server) : server_{std::move(server)} {}

    struct Lent {
        std::shared_ptr<Connection> connection;
        bool is_fresh =
            false;  ///< just made: a failure isn't that of a server which has been restarted since
    };
    Result<Lent> lend(const Call& call);
    /// One that doesn't come back.
    [[nodiscard]] Result<std::unique_ptr<Connection>> open(const Call& call) const;
    /// None of the idle ones is any good.
    void forget();

    [[nodiscard]] const Server& server() const { return server_; }
    /// The number by which the database's advisory locks know a name of this store.
    [[nodiscard]] std::int64_t lock_number(std::string_view name) const;

  private:
    const Server server_;
    Guarded<std::vector<std::unique_ptr<Connection>>> idle_;
};

/// Who holds an advisory lock, for a person: "koppla 4711 on office (role anna, 10.0.0.7, process 815 of the
/// server)".
std::string holder_of(Connection& connection, std::int64_t lock_number);

}  // namespace koppla::db::postgres
