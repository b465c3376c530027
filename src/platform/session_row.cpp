#include "platform/session_row.h"

#include "platform/rows.h"

#include <fmt/format.h>

namespace koppla {

namespace {

constexpr std::chrono::milliseconds lock_step{100};

class Held final : public SessionRecord::Lock {
  public:
    explicit Held(std::unique_ptr<db::Lock> lock) : lock_{std::move(lock)} {}

  private:
    std::unique_ptr<db::Lock> lock_;
};

}  // namespace

SessionRow::SessionRow(const Store& store, std::string_view account, std::string_view made_by)
    : store_{store}, account_{account}, context_{session_context(account, made_by)} {}

Result<std::unique_ptr<SessionRecord::Lock>> SessionRow::lock(const Clock& clock, const Call& call) const {
    while (true) {
        auto held = store_.database().lock(fmt::format("the session of {}", account_));
        if (held) return std::unique_ptr<Lock>{std::make_unique<Held>(std::move(*held))};
        if (held.error().kind != ErrorKind::conflict) return held.error();
        if (auto waited = clock.wait(lock_step, call); !waited)
            return waited.error().with_context(held.error().message);
    }
}

Result<std::optional<Secret>> SessionRow::read() const {
    const auto transaction = TRY(store_.database().begin(db::Access::read, {}));
    const auto sealed = TRY(read_first(
        *transaction, "select sealed from koppla_session where account = $1", {std::string_view{account_}},
        [](const db::Cursor& row) -> Result<std::string> { return bytes_at(row, 0); }));
    if (!sealed) return std::optional<Secret>{};
    // The store's key was checked when it was opened: what it doesn't open was made otherwise.
    auto text = store_.vault().unseal(context_, *sealed);
    return text ? std::optional{std::move(*text)} : std::optional<Secret>{};
}

Result<void> SessionRow::write(const Secret& text, const Lock& /*held*/) const {
    const std::string sealed = store_.vault().seal(context_, text);
    const auto transaction = TRY(store_.database().begin(db::Access::write_own, {}));
    TRY(
        transaction->execute("insert into koppla_session (account, sealed) values ($1, $2)"
                             " on conflict (account) do update set sealed = excluded.sealed",
                             {std::string_view{account_}, bytes_of(sealed)}));
    return transaction->commit();
}

Result<void> SessionRow::remove(const Lock& /*held*/) const {
    const auto transaction = TRY(store_.database().begin(db::Access::write_own, {}));
    TRY(transaction->execute("delete from koppla_session where account = $1", {std::string_view{account_}}));
    return transaction->commit();
}

}  // namespace koppla
