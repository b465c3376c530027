#include "app/stored_tokens.h"

#include <nlohmann/json.hpp>

namespace koppla {

namespace {

/// What the record holds. `is_in_doubt`: the refresh token was about to be used.
struct Session {
    std::optional<Credentials> credentials;
    bool is_in_doubt = false;
};

std::string member(const nlohmann::json& document, const char* name) {
    const auto found = document.find(name);
    return found != document.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

Result<Session> read(const SessionRecord& record) {
    const std::optional<Secret> text = TRY(record.read());
    if (!text) return Session{};
    const auto document = nlohmann::json::parse(text->reveal(), nullptr, false);
    if (!document.is_object()) return Session{};
    const auto doubt = document.find("in_doubt");
    return Session{.credentials = Credentials{.access_token = Secret{member(document, "access_token")},
                                              .refresh_token = Secret{member(document, "refresh_token")},
                                              .instance_url = member(document, "instance_url"),
                                              .identity = member(document, "identity")},
                   .is_in_doubt = doubt != document.end() && *doubt == true};
}

Result<void> write(const SessionRecord& record, const SessionRecord::Lock& held, const Session& session) {
    const Credentials& credentials = *session.credentials;
    const nlohmann::json document = {{"access_token", credentials.access_token.reveal()},
                                     {"refresh_token", credentials.refresh_token.reveal()},
                                     {"instance_url", credentials.instance_url},
                                     {"identity", credentials.identity},
                                     {"in_doubt", session.is_in_doubt}};
    return record.write(Secret{document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)},
                        held);
}

class StoredRenewal final : public Renewal {
  public:
    StoredRenewal(const SessionRecord& record, std::unique_ptr<SessionRecord::Lock> held, Session session)
        : record_{record}, held_{std::move(held)}, session_{std::move(session)} {}

    [[nodiscard]] const std::optional<Credentials>& stored() const override { return session_.credentials; }
    [[nodiscard]] bool is_in_doubt() const override { return session_.is_in_doubt; }
    Result<void> begin_use() override {
        return rewrite({.credentials = session_.credentials, .is_in_doubt = true});
    }
    Result<void> undo_use() override {
        return rewrite({.credentials = session_.credentials, .is_in_doubt = false});
    }
    Result<void> store(const Credentials& fresh) override {
        return rewrite({.credentials = fresh, .is_in_doubt = false});
    }

  private:
    Result<void> rewrite(const Session& session) {
        return session.credentials ? write(record_, *held_, session) : Result<void>{};
    }

    const SessionRecord& record_;
    std::unique_ptr<SessionRecord::Lock> held_;
    Session session_;
};

}  // namespace

Result<std::optional<Credentials>> StoredTokens::current(const Call& /*call*/) {
    return TRY(read(*record_)).credentials;
}

Result<std::unique_ptr<Renewal>> StoredTokens::begin_renewal(const Call& call) {
    auto held = TRY(record_->lock(clock_, call));
    Session session = TRY(read(*record_));
    return std::unique_ptr<Renewal>{
        std::make_unique<StoredRenewal>(*record_, std::move(held), std::move(session))};
}

Result<void> StoredTokens::remove(const Call& call) {
    const auto held = TRY(record_->lock(clock_, call));
    return record_->remove(*held);
}

}  // namespace koppla
