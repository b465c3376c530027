#include "db/postgres/errors.h"

#include <gmock/gmock.h>

namespace koppla::db::postgres {
namespace {

using testing::HasSubstr;

TEST(PostgresErrors, are_kinds_by_their_sqlstate) {
    const std::vector<std::pair<const char*, ErrorKind>> states = {
        {"", ErrorKind::unavailable},      {"08006", ErrorKind::unavailable},
        {"08P01", ErrorKind::invalid},     {"22021", ErrorKind::invalid},
        {"22003", ErrorKind::invalid},     {"23505", ErrorKind::conflict},
        {"23P01", ErrorKind::conflict},    {"25006", ErrorKind::denied},
        {"28P01", ErrorKind::denied},      {"3D000", ErrorKind::not_found},
        {"40001", ErrorKind::unavailable}, {"40P01", ErrorKind::unavailable},
        {"42501", ErrorKind::denied},      {"42601", ErrorKind::invalid},
        {"42P07", ErrorKind::conflict},    {"53100", ErrorKind::unavailable},
        {"53300", ErrorKind::unavailable}, {"55P03", ErrorKind::unavailable},
        {"57014", ErrorKind::unavailable}, {"57P01", ErrorKind::unavailable},
        {"58030", ErrorKind::unavailable}, {"XX001", ErrorKind::corrupt},
        {"0A000", ErrorKind::unsupported}, {"P0001", ErrorKind::invalid}};
    for (const auto& [state, kind] : states) {
        const Error error =
            server_error({.state = state, .text = "words", .detail = {}, .hint = {}}, "trying", "there");
        EXPECT_EQ(error.kind, kind) << state;
        EXPECT_THAT(error.message, HasSubstr("trying: ")) << state;
        EXPECT_THAT(error.message, HasSubstr("words")) << state;
    }
}

TEST(PostgresErrors, tell_the_remedy_and_where) {
    const Error full =
        server_error({.state = "53100", .text = "could not extend file", .detail = {}, .hint = "Check."},
                     "merging", "postgres://a@b/c");
    EXPECT_THAT(full.message, HasSubstr("make room"));
    EXPECT_THAT(full.message, HasSubstr("postgres://a@b/c"));
    EXPECT_EQ(full.symbol, "disk_full");
    const Error connecting = server_error(
        {.state = "XX000", .text = "could not write init file", .detail = {}, .hint = {}}, "x", "y");
    EXPECT_EQ(connecting.symbol, "disk_full");
    const Error twice = server_error(
        {.state = "23505", .text = "duplicate key", .detail = "Key (id)=(1) already exists.", .hint = {}},
        "x", "y");
    EXPECT_THAT(twice.message, HasSubstr("Key (id)=(1)"));
}

}  // namespace
}  // namespace koppla::db::postgres
