//! The shop's rows, drawn at random.

use std::collections::BTreeMap;

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use sea_orm::prelude::{Decimal, Uuid};
use shop::entity::{
    category, customer, invoice, order, order_line, parcel_item, placement,
    product::{self, Size, Status},
    recommendation,
};

use super::{
    super::draw::{
        BYTES, DATES, DECIMALS, DOUBLES, INTEGERS, LOCALS, MOMENTS, SINGLES, TIMES, jsons, label, nullable, of, spaced,
        texts,
    },
    Shop,
};

/// The rows, related at random.
pub fn rows() -> impl Strategy<Value = Shop> {
    let link = || (any::<Index>(), any::<Index>());
    let placements = vec((link(), select(INTEGERS)), 0..30);
    let recommendations = vec((link(), select(SINGLES)), 0..24);
    let quantity = || select(vec![1, 2, 3, i32::MAX]);
    let lines = vec((link(), 1..4i16, quantity(), of::<Decimal>(DECIMALS)), 0..40);
    // Of a line, of none, or of a part of a key, which is none either.
    let of_line = prop_oneof![6 => any::<Index>().prop_map(Some), 1 => Just(None)];
    let parcel = (select(&["P-1", "P-2", "P-10"][..]), select(INTEGERS), of_line, 0..8usize);
    let parcel_items = vec((1..4i64, parcel), 0..24);
    let invoices = vec((1..4i64, (any::<Index>(), of::<Decimal>(DECIMALS), nullable(of(DATES)))), 0..9);
    let tables = (customers(), products(), categories(), orders());
    let links = (placements, recommendations, lines, parcel_items, invoices);
    (tables, links).prop_map(|((customers, products, categories, orders), links)| {
        let mut rows = Shop { customers, products, categories, ..Shop::default() };
        if !rows.customers.is_empty() {
            let order =
                |(customer, row): (Index, _)| order::Model { customer_id: customer.get(&rows.customers).id, ..row };
            rows.orders = orders.into_iter().map(order).collect();
        }
        let (placements, recommendations, lines, parcel_items, invoices) = links;
        if !rows.products.is_empty() {
            let product = |index: Index| index.get(&rows.products).id;
            if !rows.categories.is_empty() {
                let code = |index: Index| index.get(&rows.categories).code.clone();
                let placements: BTreeMap<_, _> =
                    placements.into_iter().map(|((a, b), position)| ((product(a), code(b)), position)).collect();
                let placement =
                    |((product_id, category_code), position)| placement::Model { product_id, category_code, position };
                rows.placements = placements.into_iter().map(placement).collect();
            }
            let recommendations: BTreeMap<_, _> =
                recommendations.into_iter().map(|((a, b), strength)| ((product(a), product(b)), strength)).collect();
            let recommendation =
                |((product_id, related_id), strength)| recommendation::Model { product_id, related_id, strength };
            rows.recommendations = recommendations.into_iter().map(recommendation).collect();
            if !rows.orders.is_empty() {
                let key = |(a, b): (Index, _), position| (a.get(&rows.orders).id, product(b), position);
                let lines: BTreeMap<_, _> = lines
                    .into_iter()
                    .map(|(link, position, quantity, price)| (key(link, position), (quantity, price)))
                    .collect();
                let line = |((order_id, product_id, position), (quantity, price))| order_line::Model {
                    order_id,
                    product_id,
                    position,
                    quantity,
                    price,
                };
                rows.order_lines = lines.into_iter().map(line).collect();
            }
        }
        let item = |(id, (parcel, quantity, line, without)): (_, (&str, _, Option<Index>, usize))| {
            let line = line.filter(|_| !rows.order_lines.is_empty()).map(|line| line.get(&rows.order_lines));
            parcel_item::Model {
                id,
                parcel: parcel.to_owned(),
                quantity,
                order_id: line.map(|it| it.order_id).filter(|_| without != 0),
                product_id: line.map(|it| it.product_id).filter(|_| without != 1),
                line_position: line.map(|it| it.position),
            }
        };
        rows.parcel_items = spaced(parcel_items).map(item).collect();
        if !rows.orders.is_empty() {
            let invoices: BTreeMap<_, _> = spaced(invoices)
                .map(|(id, (order, total, paid_on))| (order.get(&rows.orders).id, (id, total, paid_on)))
                .collect();
            let invoice = |(order_id, (id, total, paid_on))| invoice::Model { id, order_id, total, paid_on };
            rows.invoices = invoices.into_iter().map(invoice).collect();
        }
        rows
    })
}

fn customers() -> impl Strategy<Value = Vec<customer::Model>> {
    let customers = vec((1..4i64, (select(texts(1)), label(100), nullable(any::<Index>()))), 0..10);
    customers.prop_map(|drawn| {
        let drawn: Vec<_> = spaced(drawn).collect();
        let ids: Vec<_> = drawn.iter().map(|it| it.0).collect();
        let customer = |(id, (email, name, referrer)): (i64, (String, String, Option<Index>))| customer::Model {
            id,
            // Each once.
            email: format!("{email}{id}"),
            name,
            referrer_id: referrer.map(|it| *it.get(&ids)),
        };
        drawn.into_iter().map(customer).collect()
    })
}

fn products() -> impl Strategy<Value = Vec<product::Model>> {
    let stock = prop_oneof![Just(0), Just(1), Just(2), Just(10), Just(i16::MAX)];
    let status = select(vec![Status::Draft, Status::OnSale, Status::Gone]);
    let size = nullable(select(vec![Size::Small, Size::Medium, Size::Large]));
    let plain = (label(200), of::<Decimal>(DECIMALS), status, any::<bool>(), stock);
    let times = (nullable(of(DATES)), nullable(of(TIMES)));
    let others = (nullable(select(BYTES)), nullable(select(jsons())));
    let products = vec((1..4i64, (plain, size, nullable(select(DOUBLES)), times, others)), 0..10);
    products.prop_map(|drawn| {
        let product = |(id, (plain, size, weight, (released, opens_at), (photo, attributes)))| {
            let (name, price, status, active, stock): (_, Decimal, _, _, _) = plain;
            let (id, photo): (i64, Option<&[u8]>) = (id, photo);
            product::Model {
                id: id.try_into().unwrap(),
                name,
                price,
                status,
                active,
                stock,
                size,
                weight,
                released,
                opens_at,
                photo: photo.map(<[u8]>::to_vec),
                attributes,
            }
        };
        spaced(drawn).map(product).collect()
    })
}

fn categories() -> impl Strategy<Value = Vec<category::Model>> {
    let codes = [texts(1), vec!["a:b".to_owned(), ":".to_owned(), "%3A".to_owned(), "x".repeat(39)]].concat();
    let categories = vec((select(codes), label(100), nullable(any::<Index>())), 0..10);
    categories.prop_map(|drawn| {
        let drawn: BTreeMap<_, _> = drawn.into_iter().map(|(code, name, parent)| (code, (name, parent))).collect();
        let codes: Vec<_> = drawn.keys().cloned().collect();
        let category = |(code, (name, parent)): (String, (String, Option<Index>))| category::Model {
            code,
            name,
            parent_code: parent.map(|it| it.get(&codes).clone()),
        };
        drawn.into_iter().map(category).collect()
    })
}

/// Orders of nobody yet.
fn orders() -> impl Strategy<Value = Vec<(Index, order::Model)>> {
    let id = (select(&[0u8, 1, 0x7F, 0x80, 0xEF][..]), select(&[0u8, 1, 0x7F, 0x80, 0xFF][..]));
    let shipping = nullable(select(vec![order::Shipping::Post, order::Shipping::Courier]));
    let words = (nullable(select(texts(1))), nullable(select(texts(300))));
    let times = (nullable(of(LOCALS)), of(MOMENTS), nullable(of(MOMENTS)));
    let orders = vec((id, any::<Index>(), shipping, words, times), 0..12);
    orders.prop_map(|drawn| {
        let order = |((first, last), customer, shipping, (address, note), (deliver_by, placed_at, cancelled_at))| {
            let id = Uuid::from_bytes([first, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, last]);
            let customer_id = 0;
            let order = order::Model { id, customer_id, shipping, address, deliver_by, placed_at, cancelled_at, note };
            (id, (customer, order))
        };
        let orders: BTreeMap<_, _> = drawn.into_iter().map(order).collect();
        orders.into_values().collect()
    })
}
