//! Chinook, a database that was there before: its tables as nodes, over the entities that `sea-orm-cli` generated. They are only read.
//!
//! Each table's name is in the singular, and so would name both the look-up and the list: each node says its `list_name`.

pub mod entity;

use async_graphql::EmptyMutation;
use dovetail::{
    database::NoMigrations,
    graphql::nodes::{AnyNode, NoFields, Types, node},
    prelude::{Field, Node},
    run::{NoCommands, Program},
};
use sea_orm::RelationTrait;

use self::entity::{
    album, artist, customer, employee, genre, invoice, invoice_line, media_type, playlist, playlist_track, track,
};

/// The node of the type `Album`.
pub struct Album;

impl Node for Album {
    type Entity = album::Entity;
    const TYPE: &'static str = "Album";
    const DESCRIPTION: &'static str = "An album of an artist.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(album::Column::Title, "The title.").filter().order(),
        Field::parent::<Artist>("artist", "The artist.").filter().order_by("name"),
        Field::children::<Track>("tracks", "The tracks of the album.").filter().order(),
    ];

    fn list_name() -> String {
        "albums".to_owned()
    }
}

/// The node of the type `Artist`.
pub struct Artist;

impl Node for Artist {
    type Entity = artist::Entity;
    const TYPE: &'static str = "Artist";
    const DESCRIPTION: &'static str = "An artist, or several under one name.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(artist::Column::Name, "The name.").filter().order(),
        Field::children::<Album>("albums", "The albums of the artist.").filter().order(),
    ];

    fn list_name() -> String {
        "artists".to_owned()
    }
}

/// The node of the type `Customer`.
pub struct Customer;

impl Node for Customer {
    type Entity = customer::Entity;
    const TYPE: &'static str = "Customer";
    const DESCRIPTION: &'static str = "A customer, who is sent invoices.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(customer::Column::FirstName, "The first name.").filter().order(),
        Field::column(customer::Column::LastName, "The last name.").filter().order(),
        Field::column(customer::Column::Company, "The company.").filter().order(),
        Field::column(customer::Column::Address, "The address.").filter().order(),
        Field::column(customer::Column::City, "The city.").filter().order(),
        Field::column(customer::Column::State, "The state.").filter().order(),
        Field::column(customer::Column::Country, "The country.").filter().order(),
        Field::column(customer::Column::PostalCode, "The postal code.").filter().order(),
        Field::column(customer::Column::Phone, "The phone number.").filter().order(),
        Field::column(customer::Column::Fax, "The fax number.").filter().order(),
        Field::column(customer::Column::Email, "The e-mail address.").filter().order(),
        Field::parent::<Employee>("supportRep", "The employee who supports the customer.")
            .filter()
            .order_by("lastName"),
        Field::children::<Invoice>("invoices", "The invoices to the customer.").filter().order(),
    ];

    fn list_name() -> String {
        "customers".to_owned()
    }
}

/// The node of the type `Employee`.
pub struct Employee;

impl Node for Employee {
    type Entity = employee::Entity;
    const TYPE: &'static str = "Employee";
    const DESCRIPTION: &'static str = "An employee, who may report to another.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(employee::Column::LastName, "The last name.").filter().order(),
        Field::column(employee::Column::FirstName, "The first name.").filter().order(),
        Field::column(employee::Column::Title, "The title of the position.").filter().order(),
        Field::column(employee::Column::BirthDate, "When the employee was born.").filter().order(),
        Field::column(employee::Column::HireDate, "When the employee was hired.").filter().order(),
        Field::column(employee::Column::Address, "The address.").filter().order(),
        Field::column(employee::Column::City, "The city.").filter().order(),
        Field::column(employee::Column::State, "The state.").filter().order(),
        Field::column(employee::Column::Country, "The country.").filter().order(),
        Field::column(employee::Column::PostalCode, "The postal code.").filter().order(),
        Field::column(employee::Column::Phone, "The phone number.").filter().order(),
        Field::column(employee::Column::Fax, "The fax number.").filter().order(),
        Field::column(employee::Column::Email, "The e-mail address.").filter().order(),
        Field::parent_by::<Self>(
            "manager",
            || employee::Relation::SelfRef.def(),
            "The employee to whom this one reports.",
        )
        .filter()
        .order_by("lastName"),
        Field::children_by::<Self>(
            "reports",
            || employee::Relation::SelfRef.def(),
            "The employees who report to this one.",
        )
        .filter()
        .order(),
        Field::children::<Customer>("customers", "The customers whom the employee supports.").filter().order(),
    ];

    fn list_name() -> String {
        "employees".to_owned()
    }
}

/// The node of the type `Genre`.
pub struct Genre;

impl Node for Genre {
    type Entity = genre::Entity;
    const TYPE: &'static str = "Genre";
    const DESCRIPTION: &'static str = "A genre of tracks.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(genre::Column::Name, "The name.").filter().order(),
        Field::children::<Track>("tracks", "The tracks of the genre.").filter().order(),
    ];

    fn list_name() -> String {
        "genres".to_owned()
    }
}

/// The node of the type `Invoice`.
pub struct Invoice;

impl Node for Invoice {
    type Entity = invoice::Entity;
    const TYPE: &'static str = "Invoice";
    const DESCRIPTION: &'static str = "An invoice to a customer.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(invoice::Column::InvoiceDate, "When it was made out.").filter().order(),
        Field::column(invoice::Column::BillingAddress, "The billing address.").filter().order(),
        Field::column(invoice::Column::BillingCity, "The city of the billing address.").filter().order(),
        Field::column(invoice::Column::BillingState, "The state of the billing address.").filter().order(),
        Field::column(invoice::Column::BillingCountry, "The country of the billing address.").filter().order(),
        Field::column(invoice::Column::BillingPostalCode, "The postal code of the billing address.").filter().order(),
        Field::column(invoice::Column::Total, "The total.").filter().order(),
        Field::parent::<Customer>("customer", "The customer.").filter().order_by("lastName"),
        Field::children::<InvoiceLine>("lines", "The lines of the invoice.").filter().order(),
    ];

    fn list_name() -> String {
        "invoices".to_owned()
    }
}

/// The node of the type `InvoiceLine`.
pub struct InvoiceLine;

impl Node for InvoiceLine {
    type Entity = invoice_line::Entity;
    const TYPE: &'static str = "InvoiceLine";
    const DESCRIPTION: &'static str = "A line of an invoice: a track that was bought.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(invoice_line::Column::UnitPrice, "The price of one.").filter().order(),
        Field::column(invoice_line::Column::Quantity, "How many were bought.").filter().order(),
        Field::parent::<Invoice>("invoice", "The invoice.").filter().order_by("invoiceDate"),
        Field::parent::<Track>("track", "The track.").filter().order_by("name"),
    ];

    fn list_name() -> String {
        "invoiceLines".to_owned()
    }
}

/// The node of the type `MediaType`.
pub struct MediaType;

impl Node for MediaType {
    type Entity = media_type::Entity;
    const TYPE: &'static str = "MediaType";
    const DESCRIPTION: &'static str = "A kind of files that tracks are in.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(media_type::Column::Name, "The name.").filter().order(),
        Field::children::<Track>("tracks", "The tracks of the media type.").filter().order(),
    ];

    fn list_name() -> String {
        "mediaTypes".to_owned()
    }
}

/// The node of the type `Playlist`.
pub struct Playlist;

impl Node for Playlist {
    type Entity = playlist::Entity;
    const TYPE: &'static str = "Playlist";
    const DESCRIPTION: &'static str = "A list of tracks to play.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(playlist::Column::Name, "The name.").filter().order(),
        Field::children_over::<PlaylistTrack, Track>("tracks", "The tracks in the playlist.").filter().order(),
        Field::children::<PlaylistTrack>("places", "The places of tracks in the playlist.").filter().order(),
    ];

    fn list_name() -> String {
        "playlists".to_owned()
    }
}

/// The node of the type `PlaylistTrack`.
pub struct PlaylistTrack;

impl Node for PlaylistTrack {
    type Entity = playlist_track::Entity;
    const TYPE: &'static str = "PlaylistTrack";
    const DESCRIPTION: &'static str = "A track's place in a playlist; at most one for the two.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::parent::<Playlist>("playlist", "The playlist.").filter().order_by("name"),
        Field::parent::<Track>("track", "The track.").filter().order_by("name"),
    ];

    fn list_name() -> String {
        "playlistTracks".to_owned()
    }
}

/// The node of the type `Track`.
pub struct Track;

impl Node for Track {
    type Entity = track::Entity;
    const TYPE: &'static str = "Track";
    const DESCRIPTION: &'static str = "A track, which may be of an album.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(track::Column::Name, "The name.").filter().order(),
        Field::column(track::Column::Composer, "The composer.").filter().order(),
        Field::column(track::Column::Milliseconds, "The length in milliseconds.").filter().order(),
        Field::column(track::Column::Bytes, "The size in bytes.").filter().order(),
        Field::column(track::Column::UnitPrice, "The price.").filter().order(),
        Field::parent::<Album>("album", "The album.").filter().order_by("title"),
        Field::parent::<MediaType>("mediaType", "The media type.").filter().order_by("name"),
        Field::parent::<Genre>("genre", "The genre.").filter().order_by("name"),
        Field::children::<InvoiceLine>("invoiceLines", "The lines of invoices that name the track.").filter().order(),
        Field::children_over::<PlaylistTrack, Playlist>("playlists", "The playlists that the track is in.")
            .filter()
            .order(),
        Field::children::<PlaylistTrack>("places", "The places of the track in playlists.").filter().order(),
    ];

    fn list_name() -> String {
        "tracks".to_owned()
    }
}

/// The program's types.
pub struct Chinook;

impl Types for Chinook {
    const NODES: &'static [&'static dyn AnyNode] = &[
        node::<Album>(),
        node::<Artist>(),
        node::<Customer>(),
        node::<Employee>(),
        node::<Genre>(),
        node::<Invoice>(),
        node::<InvoiceLine>(),
        node::<MediaType>(),
        node::<Playlist>(),
        node::<PlaylistTrack>(),
        node::<Track>(),
    ];
    // They would be recorded by triggers, and the tables are made elsewhere.
    const CHANGES: bool = false;
    type Query = NoFields;
    type Mutation = EmptyMutation;
}

impl Program for Chinook {
    const NAME: &'static str = "chinook";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Migrator = NoMigrations;
    type Command = NoCommands;
}
