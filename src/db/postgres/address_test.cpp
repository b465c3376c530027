#include "db/postgres/address.h"

#include <gmock/gmock.h>

namespace koppla::db {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PostgresAddresses, are_read_in_all_their_parts) {
    const auto address = parse_postgres_address(
        "postgres://anna%40x@db.example.com:5433/crm?schema=team%20a&sslrootcert=/etc/ca.pem");
    ASSERT_TRUE(address) << address.error().message;
    EXPECT_EQ(*address, (PostgresAddress{.user = "anna@x",
                                         .host = "db.example.com",
                                         .port = "5433",
                                         .database = "crm",
                                         .schema = "team a",
                                         .ssl_mode = "verify-full",
                                         .ssl_root_certificate = "/etc/ca.pem"}));
    EXPECT_EQ(address->text(), "postgres://anna@x@db.example.com:5433/crm, schema team a");
}

TEST(PostgresAddresses, verify_certificates_of_other_machines_unless_told_otherwise) {
    for (const char* text : {"postgres://a@db/x", "postgres://a@10.0.0.7/x", "postgresql://[2001:db8::1]/x"})
        EXPECT_EQ(parse_postgres_address(text)->ssl_mode, "verify-full") << text;
    for (const char* text : {"postgres://a@localhost/x", "postgres://a@127.0.0.1/x", "postgres://[::1]/x",
                             "postgres://%2Frun%2Fpostgresql/x", "postgres:///x", "postgres:///x?host=/tmp"})
        EXPECT_EQ(parse_postgres_address(text)->ssl_mode, "") << text;
    EXPECT_EQ(parse_postgres_address("postgres://a@db/x?sslmode=require")->ssl_mode, "require");
}

TEST(PostgresAddresses, that_are_wrong_are_refused_with_what_is_wrong) {
    const std::vector<std::pair<const char*, const char*>> wrong = {
        {"mysql://a@b/c", "postgres://"},
        {"postgres:x", "postgres://"},
        {"postgres://a@b:0/c", "port"},
        {"postgres://a@b:x/c", "port"},
        {"postgres://a@b:99999/c", "port"},
        {"postgres://a@b,c/d", "several"},
        {"postgres://a@[::1/c", "]"},
        {"postgres://a@b/c?schema=", "schema"},
        {"postgres://a@b/c?schema=pg_x", "pg_"},
        {"postgres://a@b/c?sslmode=maybe", "maybe"},
        {"postgres://a@b/c?color=red", "color"},
        {"postgres://a@b/%zz", "hexadecimal"},
        {"postgres://a@b/%00", "control"}};
    for (const auto& [text, told] : wrong) {
        const auto refused = parse_postgres_address(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
        EXPECT_THAT(refused.error().message, HasSubstr(told)) << text;
    }
}

TEST(PostgresAddresses, with_a_password_are_refused_without_repeating_it) {
    for (const char* text : {"postgres://a:Geheim@b/c", "postgres://a@b/c?password=Geheim"}) {
        const auto refused = parse_postgres_address(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_THAT(refused.error().message, HasSubstr("password"));
        EXPECT_THAT(refused.error().message, Not(HasSubstr("Geheim")));
    }
}

}  // namespace
}  // namespace koppla::db
