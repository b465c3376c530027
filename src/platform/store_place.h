#pragma once

#include "db/database.h"
#include "db/postgres/address.h"
#include "platform/environment.h"
#include "platform/vault.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace koppla {

inline constexpr std::string_view default_store_location = "sqlite:koppla.db";

/// Where a store lies: a file, or a schema of a database on a server.
class StorePlace final {
  public:
    /// sqlite:PATH or postgres://…; `invalid` for anything else.
    static Result<StorePlace> parse(std::string_view location);

    /// For a person; never with a password.
    [[nodiscard]] std::string text() const;
    /// Nothing for a store on a server.
    [[nodiscard]] const std::filesystem::path* file() const {
        return std::get_if<std::filesystem::path>(&place_);
    }
    /// Where its key is made and looked for when nobody names another place: beside the file, or in the
    /// user's folder of settings.
    [[nodiscard]] KeySource own_key(const StoreEnvironment& environment) const;

    enum class Opening { existing, fresh };
    /// `fresh`: `conflict` where a file is already; a schema is made where it isn't there.
    [[nodiscard]] Result<std::unique_ptr<db::Database>> open(Opening opening,
                                                             const StoreEnvironment& environment,
                                                             const Call& call) const;

  private:
    using Place = std::variant<std::filesystem::path, db::PostgresAddress>;
    explicit StorePlace(Place place) : place_{std::move(place)} {}

    Place place_;
};

}  // namespace koppla
