#include "app/stored_tokens.h"

#include "platform/accounts.h"

#include <nlohmann/json.hpp>

namespace koppla {

namespace {

// The import that waits for these credentials may itself hold the store's writer.
constexpr std::chrono::milliseconds write_wait_max{500};

}  // namespace

Result<std::optional<Credentials>> StoredTokens::current(const Call& call) {
    if (auto renewed = renewed_.with([](const auto& credentials) { return credentials; })) return renewed;
    const auto transaction = TRY(store_.database().begin(db::Access::read, call));
    const Result<Secret> sealed = Accounts{*transaction, store_.vault()}.secret(account_, secret_name);
    if (!sealed) {
        if (sealed.error().kind == ErrorKind::not_found) return std::optional<Credentials>{};
        return sealed.error();
    }
    const auto document = nlohmann::json::parse(sealed->reveal(), nullptr, false);
    if (!document.is_object()) return std::optional<Credentials>{};
    return std::optional{Credentials{.access_token = Secret{document.value("access_token", "")},
                                     .refresh_token = Secret{document.value("refresh_token", "")},
                                     .instance_url = document.value("instance_url", ""),
                                     .identity = document.value("identity", "")}};
}

Result<void> StoredTokens::replace(const Credentials& fresh, const Call& call) {
    const Secret document{nlohmann::json{
        {"access_token", fresh.access_token.reveal()},
        {"refresh_token", fresh.refresh_token.reveal()},
        {"instance_url", fresh.instance_url},
        {"identity",
         fresh.identity}}.dump()};
    renewed_.with([&](auto& credentials) { credentials = fresh; });
    const auto transaction = store_.database().begin(db::Access::write, call.within(write_wait_max));
    if (!transaction) {
        if (transaction.error().kind == ErrorKind::unavailable) return {};
        return transaction.error();
    }
    TRY(Accounts{**transaction, store_.vault()}.set_secret(account_, secret_name, document));
    return (*transaction)->commit();
}

}  // namespace koppla
