#include "app/program.h"

#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <pwd.h>
#include <unistd.h>

namespace koppla {

Result<std::unique_ptr<Store>> Program::open_store() const {
    return Store::open(store_location, call());
}

void Program::run(const std::function<Result<Exit>()>& work) {
    const Result<Exit> done = work();
    if (done) {
        exit_ = *done;
        return;
    }
    const Error& why = done.error();
    exit_ = why.kind == ErrorKind::cancelled && stop_.stop_requested() ? Exit::interrupted : Exit::failed;
    const std::string symbol = why.symbol.empty() ? "" : fmt::format(" [{}]", why.symbol);
    fmt::print(stderr, "koppla: {}{}\n", why.message, symbol);
    if (wants_json) {
        print({{"error", {{"kind", name(why.kind)}, {"symbol", why.symbol}, {"message", why.message}}}});
    }
}

void Program::print(const nlohmann::json& document) {
    fmt::print("{}\n", document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void Program::tell(std::string_view text) {
    fmt::print(stderr, "{}\n", text);
}

std::string user_name() {
    const passwd* entry = getpwuid(geteuid());
    return entry != nullptr ? entry->pw_name : fmt::format("uid {}", geteuid());
}

}  // namespace koppla
